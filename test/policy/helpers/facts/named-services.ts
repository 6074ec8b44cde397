import type { V1LabelSelector } from "@kubernetes/client-node";
import { containersOf, podOf } from "../../../../policies/model/pod-spec-walker.ts";
import { fromPulumi } from "../../../../policies/model/kubernetes-object.ts";
import { examplesOf, object, stack } from "../example.ts";

type Named = typeof import("../../../../policies/facts/named-services.ts");
type Clients = typeof import("../../../../policies/facts/database-clients.ts");
type References = typeof import("../../../../policies/facts/configuration-references.ts");
type Replicas = typeof import("../../../../policies/facts/replicas.ts");
type Selection = typeof import("../../../../policies/facts/selected-pods.ts");

const pods = (
  name: string,
  containers: readonly object[],
  {
    namespace = "shop",
    kind = "Deployment",
    spec = {},
    ...rest
  }: { namespace?: string; kind?: string; spec?: object; [field: string]: unknown } = {},
) =>
  object(kind, name, {
    namespace,
    ...rest,
    spec: { template: { metadata: { labels: { app: name } }, spec: { containers, ...spec } } },
  });
const env = (values: Record<string, string>) => [
  { name: "main", env: Object.entries(values).map(([name, value]) => ({ name, value })) },
];
const service = (name: string, spec: object = {}, namespace = "shop") =>
  object("Service", name, { namespace, spec: { selector: { app: name }, ...spec } });

const pg = service("pg");
const far = service("pg", {}, "data");
/** The Services, and their ports, that an environment names. */
const names =
  (...environments: readonly Record<string, string>[]) =>
  ({ servicesNamedBy }: Named) =>
    environments.map((values) => {
      const web = pods("web", env(values));
      return [...servicesNamedBy(web, stack(web, pg, far))]
        .map(({ service: { ref }, variable, port }) => `${variable} ${ref.slice(8)} ${port}`)
        .join();
    });
const ends =
  (spec: object, wanted: number | string | undefined, ...containers: readonly object[]) =>
  ({ endpointsOf }: Named) => {
    const web = pods("web", containers, {
      spec: { initContainers: [{ name: "first", ports: [{ containerPort: 1 }] }] },
    });
    const of = service("web", spec);
    return endpointsOf(of, wanted, stack(web, of))
      .map(({ workload, port }) => `${workload.name}:${port}`)
      .join();
  };
const open = { name: "open" };
const listening = {
  name: "main",
  ports: [
    { name: "http", containerPort: 8080 },
    { name: "admin", containerPort: 9090 },
  ],
};
const two = {
  ports: [
    { name: "web", port: 80, targetPort: 8080 },
    { name: "ops", port: 90, targetPort: "admin" },
  ],
};

export const namedServices = examplesOf<Named>("policies/facts/named-services.ts", {
  "a variable for a host names a Service, with the port behind it or beside it": [
    names(
      { DB_HOST: "pg" },
      { DB_HOST: "pg:5433" },
      { DB_HOST: "pg", DB_PORT: "5434" },
      { DB_HOST: "pg:5433", DB_PORT: "5434" },
      { DB_HOST: "pg", DB_PORT: "many" },
      { PGHOSTNAME: "pg", PGPORT: "5" },
      { NAME: "pg" },
    ),
    [
      "DB_HOST shop/pg undefined",
      "DB_HOST shop/pg 5433",
      "DB_HOST shop/pg 5434",
      "DB_HOST shop/pg 5433",
      "DB_HOST shop/pg undefined",
      "PGHOSTNAME shop/pg 5",
      "",
    ],
  ],
  "a Service of another namespace has it behind its name": [
    names(
      { DB_HOST: "pg.data" },
      { DB_HOST: "pg.data.svc.cluster.local" },
      { DB_HOST: "pg.data.example.com" },
      { DB_HOST: "pg.data.test" },
      { DB_HOST: "other" },
    ),
    ["DB_HOST data/pg undefined", "DB_HOST data/pg undefined", "", "", ""],
  ],
  "a URL names a Service, whatever its variable is called": [
    names({ X: "postgres://me:pw@pg:5433/db" }, { X: "http://pg/a" }, { BROKERS: "pg:1,other:2, pg.data:3" }),
    ["X shop/pg 5433", "X shop/pg undefined", "BROKERS shop/pg 1,BROKERS data/pg 3"],
  ],
  "what has no pods names no Service": [({ servicesNamedBy }) => [...servicesNamedBy(pg, stack(pg))], []],
  "a Service's port ends at its pods, by number, by name, or all of them": [
    (helper) => [80, "web", "ops", 90, undefined, 8080, "none"].map((wanted) => ends(two, wanted, listening)(helper)),
    ["web:8080", "web:8080", "web:9090", "web:9090", "web:8080,web:9090", "", ""],
  ],
  "a port without a target is the pods' own": [ends({ ports: [{ port: 8080 }] }, 8080, listening), "web:8080"],
  "a Service without an address leads to its own port": [
    (helper) => [
      ends({ clusterIP: "None", ports: [{ port: 8080, targetPort: 1 }] }, 8080, listening)(helper),
      ends({ clusterIP: "10.0.0.1", ports: [{ port: 80, targetPort: 8080 }] }, 80, listening)(helper),
    ],
    ["web:8080", "web:8080"],
  ],
  "pods that list other ports do not listen, and those that list none may": [
    (helper) =>
      [[listening], [listening, open], [open], [{ name: "other", ports: [{ containerPort: 5 }] }, listening]].map(
        (containers) => ends({ ports: [{ port: 7 }, { port: 8080 }] }, undefined, ...containers)(helper),
      ),
    ["web:8080", "web:7,web:8080", "web:7,web:8080", "web:8080"],
  ],
  "a container that only starts a pod listens for nobody": [ends({ ports: [{ port: 1 }] }, 1, listening), ""],
  "a port that no container names leads nowhere": [
    ends({ ports: [{ port: 80, targetPort: "none" }] }, 80, listening),
    "",
  ],
});

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

export const configurationReferences = examplesOf<References>("policies/facts/configuration-references.ts", {
  "a reference that is optional, or has no name, is left out": [
    ({ configurationOf }) => {
      const web = pods(
        "web",
        [
          {
            name: "main",
            envFrom: [
              { configMapRef: { name: "a" } },
              { secretRef: { name: "b", optional: true } },
              { secretRef: { name: "c", optional: false } },
              { configMapRef: {} },
              { secretRef: null },
            ],
            env: [{ name: "X", valueFrom: { secretKeyRef: { name: "d", key: "k" } } }],
          },
        ],
        {
          spec: {
            volumes: [
              { name: "v", secret: { secretName: "e", items: [{ key: "x" }, { key: "y" }] } },
              { name: "w", emptyDir: {} },
              { name: "u", configMap: { items: [{ key: "x" }] } },
            ],
          },
        },
      );
      return [...configurationOf(podOf(web)!)].map(({ kind, name, key }) => `${kind} ${name} ${key}`);
    },
    ["ConfigMap a undefined", "Secret c undefined", "Secret d k", "Secret e x", "Secret e y"],
  ],
});

export const replicas = examplesOf<Replicas>("policies/facts/replicas.ts", {
  "a workload has at most its own replicas, or one, or its autoscaler's": [
    ({ maximumReplicas }) => {
      const target = { kind: "Deployment", name: "web", apiVersion: "apps/v1" };
      const of = (spec: object | undefined, ...scalers: readonly ReturnType<typeof object>[]) => {
        const web = object("Deployment", "web", { spec });
        return maximumReplicas(web, stack(web, ...scalers));
      };
      return [
        of({ replicas: 4 }),
        of({}),
        of(undefined),
        of(
          { replicas: 4 },
          object("HorizontalPodAutoscaler", "h", { spec: { maxReplicas: 7, scaleTargetRef: target } }),
        ),
        of(
          { replicas: 4 },
          object("ScaledObject", "k", { apiVersion: "keda.sh/v1alpha1", spec: { scaleTargetRef: target } }),
        ),
      ];
    },
    [4, 1, 1, 7, 100],
  ],
});

const chosen =
  (selector: Parameters<Selection["workloadsSelected"]>[0] | null) =>
  ({ workloadsSelected }: Selection) =>
    [
      ...workloadsSelected(
        selector as never,
        "shop",
        stack(
          pods("web", []),
          pods("api", []),
          pods("db", [], { kind: "StatefulSet" }),
          pods("web", [], { namespace: "other" }),
        ),
      ),
    ]
      .map(({ name }) => name)
      .sort()
      .join();
const choosing =
  (labels: Record<string, string>) =>
  ({ selecting }: Selection) =>
    [
      ...selecting(
        "Service",
        labels,
        "shop",
        stack(
          service("web"),
          service("api"),
          service("both", { selector: { app: "web", tier: "front" } }),
          object("Service", "none", { spec: {} }),
          service("web", {}, "other"),
          object("NetworkPolicy", "all", { spec: {} }),
        ),
      ),
    ]
      .map(({ name }) => name)
      .sort()
      .join();

export const selection = examplesOf<Selection>("policies/facts/selected-pods.ts", {
  "workloads are chosen by their pods' labels, in one namespace": [
    (helper) =>
      [
        { matchLabels: { app: "web" } },
        { matchLabels: { app: "none" } },
        {},
        undefined,
        null,
        { matchLabels: { app: "web", tier: "x" } },
      ].map((selector) => chosen(selector as V1LabelSelector | null)(helper)),
    ["web", "", "api,db,web", "", "", ""],
  ],
  "workloads are chosen by expressions": [
    (helper) =>
      [
        ["In", ["web", "db"]],
        ["In", ["none"]],
        ["NotIn", ["web"]],
        ["Exists", undefined],
        ["DoesNotExist", undefined],
      ].map(([operator, values]) =>
        chosen({
          matchExpressions: [
            { key: "app", operator: operator as string, ...(values && { values: values as string[] }) },
          ],
        })(helper),
      ),
    ["db,web", "", "api,db", "api,db,web", ""],
  ],
  "a label that a controller adds chooses its own pods alone": [
    (helper) =>
      [
        { "statefulset.kubernetes.io/pod-name": "db-0" },
        { app: "db", "statefulset.kubernetes.io/pod-name": "db-0" },
        { app: "web", "statefulset.kubernetes.io/pod-name": "db-0" },
        { app: "db", "statefulset.kubernetes.io/pod-name": "db-9" },
      ].map((matchLabels) => chosen({ matchLabels: matchLabels as Record<string, string> })(helper)),
    ["db", "db", "", ""],
  ],
  "Services choose pods by all of their labels, and one without a selector chooses none": [
    (helper) =>
      [{ app: "web" }, { app: "web", tier: "front" }, { tier: "front" }, {}].map((labels) =>
        choosing(labels as never)(helper),
      ),
    ["web", "both,web", "", ""],
  ],
  "policies choose pods by expressions too": [
    ({ selecting }) => {
      const policy = (name: string, podSelector: object) => object("NetworkPolicy", name, { spec: { podSelector } });
      const expression = (operator: string) => ({ matchExpressions: [{ key: "app", operator, values: ["web"] }] });
      const all = stack(
        policy("in", expression("In")),
        policy("out", expression("NotIn")),
        policy("every", {}),
        policy("web", { matchLabels: { app: "web" } }),
      );
      return ["web", "api"].map((app) =>
        [...selecting("NetworkPolicy", { app }, "shop", all)]
          .map(({ name }) => name)
          .sort()
          .join(),
      );
    },
    ["every,in,web", "every,out"],
  ],
  "a label that is not known yet may be chosen, after all that are known": [
    ({ workloadsSelected, selecting }) => {
      const labels = {
        get app(): string {
          throw new (class UnknownValueError extends Error {})("unknown");
        },
      };
      const later = fromPulumi({
        type: "kubernetes:apps/v1:Deployment",
        name: "later",
        urn: "urn",
        props: {
          metadata: { name: "later", namespace: "shop" },
          spec: { template: { metadata: { labels }, spec: { containers: [] } } },
        },
      })[0]!;
      const seen = (found: Iterable<{ name: string }>) => {
        const names: string[] = [];
        try {
          for (const { name } of found) names.push(name);
        } catch (error) {
          names.push((error as Error).message);
        }
        return names.join();
      };
      const everything = stack(pods("web", []), later, service("web"), service("api"));
      return [
        seen(workloadsSelected({ matchLabels: { app: "web" } }, "shop", everything)),
        seen(workloadsSelected({ matchLabels: { tier: "x" } }, "shop", everything)),
        seen(selecting("Service", podOf(later)!.labels, "shop", everything)),
      ];
    },
    [
      "web,the value of spec.template.metadata.labels.app is not known before it is created",
      "",
      "the value of spec.template.metadata.labels.app is not known before it is created",
    ],
  ],
  "a policy without a selector chooses all pods, and a Service and a budget without one none": [
    ({ selectorOf }) =>
      [
        object("NetworkPolicy", "p", { spec: {} }),
        object("NetworkPolicy", "p", { spec: { podSelector: { matchLabels: { a: "b" } } } }),
        object("Service", "s", { spec: {} }),
        object("Service", "s", { spec: { selector: {} } }),
        service("s"),
        object("Service", "s"),
        object("PodDisruptionBudget", "b", {
          apiVersion: "policy/v1",
          spec: { selector: { matchLabels: { a: "b" } } },
        }),
        object("PodDisruptionBudget", "b", { apiVersion: "policy/v1", spec: {} }),
      ].map(selectorOf),
    [
      {},
      { matchLabels: { a: "b" } },
      undefined,
      undefined,
      { matchLabels: { app: "s" } },
      undefined,
      { matchLabels: { a: "b" } },
      undefined,
    ],
  ],
});
