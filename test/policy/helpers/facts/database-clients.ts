import { containersOf, podOf } from "../../../../policies/model/pod-spec-walker.ts";
import { fromPulumi } from "../../../../policies/model/kubernetes-object.ts";
import { env, examplesOf, object, pods, stack } from "../example.ts";

type Clients = typeof import("../../../../policies/facts/database-clients.ts");

const clients =
  (...workloads: readonly ReturnType<typeof pods>[]) =>
  ({ clientsOf }: Clients) =>
    clientsOf(["pg"], "shop", stack(...workloads))
      .map(({ workload, container }) => `${workload.name}/${container.spec.name}`)
      .join();
const unknownEnv = (name: string) =>
  fromPulumi({
    type: "kubernetes:apps/v1:Deployment",
    name: "web",
    urn: "urn",
    props: {
      metadata: { name: "web", namespace: "shop" },
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "main",
                env: [
                  {
                    name,
                    get value(): string {
                      throw new (class UnknownValueError extends Error {})("unknown");
                    },
                  },
                  { name: "DB_HOST", value: "pg" },
                ],
              },
            ],
          },
        },
      },
    },
  })[0]!;
const opened =
  (name: string) =>
  ({ environmentOf }: Clients) => {
    const workload = unknownEnv(name);
    return [...environmentOf([...containersOf(podOf(workload)!)][0]!, "shop", stack(workload)).keys()].join();
  };
const owned = object("ReplicaSet", "owned", {
  apiVersion: "apps/v1",
  metadata: { name: "owned", namespace: "shop", ownerReferences: [{}] },
  spec: { template: { spec: { containers: env({ DB_HOST: "pg" }) } } },
});

export const databaseClients = examplesOf<Clients>("policies/facts/database-clients.ts", {
  "a database's clients are told by their hosts and URLs": [
    clients(
      pods("a", env({ DB_HOST: "pg" })),
      pods("b", env({ X: "postgres://u@pg.shop.svc/x" })),
      pods("c", env({ DB_HOST: "pg.data" })),
      pods("d", env({ HOST: "pg" })),
    ),
    "a/main,b/main",
  ],
  "sidecars are clients, and containers that only start a pod are none": [
    clients(
      pods("a", [{ name: "app" }], {
        spec: {
          initContainers: [
            { ...env({ DB_HOST: "pg" })[0], name: "migrate" },
            { ...env({ DB_HOST: "pg" })[0], name: "side", restartPolicy: "Always" },
          ],
        },
      }),
    ),
    "a/side",
  ],
  "what a Deployment owns is not counted beside it": [clients(pods("a", env({ DB_HOST: "pg" })), owned), "a/main"],
  "a value that is not known matters where it may say the database": [
    (helper) =>
      ["NAME", "DB_HOST", "DATABASE_URL", "DB_POOL_SIZE"].map((name) => {
        try {
          return opened(name)(helper);
        } catch (error) {
          return (error as Error).name;
        }
      }),
    ["DB_HOST", "NotEvaluable", "NotEvaluable", "NotEvaluable"],
  ],
  "a ConfigMap that is taken as a whole is part of the environment": [
    ({ environmentOf }) => {
      const web = pods("web", [
        {
          name: "main",
          envFrom: [
            { prefix: "DB_", configMapRef: { name: "conf" } },
            { secretRef: { name: "keys" } },
            { configMapRef: { name: "none" } },
          ],
          env: [{ name: "DB_B", value: "own" }],
        },
      ]);
      return [
        ...environmentOf(
          [...containersOf(podOf(web)!)][0]!,
          "shop",
          stack(web, object("ConfigMap", "conf", { data: { A: "1", B: "2" } })),
        ),
      ].join(" ");
    },
    "DB_A,1 DB_B,own",
  ],
});
