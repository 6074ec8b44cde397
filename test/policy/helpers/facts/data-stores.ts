import { containersOf, podOf } from "../../../../policies/model/pod-spec-walker.ts";
import { examplesOf, object } from "../example.ts";

type Stores = typeof import("../../../../policies/facts/data-stores.ts");

interface Store {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  containers?: object[];
  initContainers?: object[];
  volumes?: object[];
  templates?: object[];
}
const store = (
  image: string,
  { labels = {}, annotations = {}, containers = [], initContainers = [], volumes = [], templates }: Store = {},
) =>
  object("StatefulSet", "db", {
    labels,
    annotations,
    spec: {
      volumeClaimTemplates: templates,
      template: {
        spec: {
          containers: [
            ...(image === "" ? [] : [{ name: "main", image, ports: [{ containerPort: 5432 }] }]),
            ...containers,
          ],
          initContainers,
          volumes,
        },
      },
    },
  });
const label = "production-platform/data-store";
const kinds =
  (...stores: readonly ReturnType<typeof store>[]) =>
  ({ dataStoreKind }: Stores) =>
    stores.map(dataStoreKind);
const claim = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "db" } }] };
const names = (containers: readonly { spec: { name?: string } }[]) => containers.map(({ spec }) => spec.name).join();
const each = (object: ReturnType<typeof store>) => [...containersOf(podOf(object)!)];

export const dataStores = examplesOf<Stores>("policies/facts/data-stores.ts", {
  "a store is told by its server's image": [
    kinds(
      ...[
        "postgres:16",
        "bitnami/postgresql:16",
        "mysql:8",
        "mysql-server",
        "mariadb",
        "kafka",
        "cp-kafka",
        "kafka-native",
        "redis:7",
        "redis-server",
        "valkey",
      ].map((image) => store(image)),
    ),
    [
      "postgres",
      "postgres",
      "mysql",
      "mysql",
      "mysql",
      "kafka",
      "kafka",
      "kafka",
      "redis-cache",
      "redis-cache",
      "redis-cache",
    ],
  ],
  "programs for stores are none": [
    kinds(
      ...["redis-exporter", "kafka-ui", "mysqld-exporter", "app", "postgresql-client", ""].map((image) => store(image)),
    ),
    Array(6).fill(undefined),
  ],
  "an image of another name is Postgres where it listens on its port": [
    (helper) =>
      kinds(
        store("my-postgres:16"),
        object("StatefulSet", "db", {
          spec: {
            template: {
              spec: { containers: [{ name: "main", image: "my-postgres:16", ports: [{ containerPort: 5433 }] }] },
            },
          },
        }),
      )(helper),
    ["postgres", undefined],
  ],
  "a Redis with a volume keeps state": [
    kinds(
      store("redis", claim),
      store("redis", { templates: [{ metadata: { name: "data" } }] }),
      store("redis", { templates: [] }),
      store("redis", { volumes: [{ name: "tmp", emptyDir: {} }] }),
    ),
    ["redis-state", "redis-state", "redis-cache", "redis-cache"],
  ],
  "a label or an annotation says what is stored": [
    kinds(
      store("app", { labels: { [label]: "mysql" } }),
      store("redis", { annotations: { [label]: "kafka" } }),
      store("redis", { labels: { [label]: "mysql" }, annotations: { [label]: "kafka" } }),
    ),
    ["mysql", "kafka", "mysql"],
  ],
  "init containers tell of no store": [
    kinds(
      store("app", { initContainers: [{ name: "wait", image: "redis" }] }),
      store("", { initContainers: [{ name: "side", image: "redis", restartPolicy: "Always" }] }),
    ),
    [undefined, undefined],
  ],
  "stores are told by their ports": [
    ({ storePorts }) => storePorts,
    { 3306: "MySQL", 5432: "Postgres", 6379: "Redis", 9092: "Kafka" },
  ],
  "a cache is no loss": [
    ({ keptStoreKind }) => [store("redis"), store("redis", claim), store("postgres")].map(keptStoreKind),
    [undefined, "redis-state", "postgres"],
  ],
  "a CronJob says what it copies": [
    ({ copiedStore }) =>
      [
        store("app", { labels: { "production-platform/backup-of": "pg" } }),
        store("app", { annotations: { "production-platform/backup-of": "my" } }),
        store("app"),
      ].map(copiedStore),
    ["pg", "my", undefined],
  ],
  "the server is the container with its image, or each where none tells": [
    ({ serverContainers }) =>
      [
        serverContainers(store("redis", { containers: [{ name: "metrics", image: "exporter" }] }), "redis-state"),
        serverContainers(store("app", { containers: [{ name: "metrics", image: "exporter" }] }), "redis-state"),
        serverContainers(
          store("team/my-postgres", { containers: [{ name: "metrics", image: "exporter" }] }),
          "postgres",
        ),
        serverContainers(store("team/my-redis", { containers: [{ name: "other", image: "redis" }] }), "redis-cache"),
      ].map(names),
    ["main", "main,metrics", "main", "other"],
  ],
  "both roles of Redis run one program": [
    ({ serverOf }) => (["redis-cache", "redis-state", "postgres", "kafka", "mysql"] as const).map(serverOf),
    ["redis", "redis", "postgres", "kafka", "mysql"],
  ],
  "the Postgres of a labelled store needs no port": [
    ({ isPostgres }) => {
      const says = (image: string, labels: Record<string, string>, role = "containers") => {
        const workload = store("", { labels, [role]: [{ name: "x", image }] });
        return isPostgres(each(workload)[0]!, workload);
      };
      return [
        says("my-postgres", { [label]: "postgres" }),
        says("my-postgres", {}),
        says("my-postgres", { [label]: "mysql" }),
        says("app", { [label]: "postgres" }),
        says("postgres", { [label]: "postgres" }, "initContainers"),
      ];
    },
    [true, false, false, false, false],
  ],
  "the Redis server is a main container of that image": [
    ({ isRedis }) =>
      each(
        store("redis", {
          containers: [{ name: "app", image: "app" }],
          initContainers: [{ name: "wait", image: "redis" }],
        }),
      )
        .map((container) => [container.spec.name, isRedis(container)].join(" "))
        .sort(),
    ["app false", "main true", "wait false"],
  ],
});
