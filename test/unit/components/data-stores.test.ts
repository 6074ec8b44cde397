import test from "ava";
import type { Flow } from "../../../components/capabilities/network-flows.ts";
import type { S3Copy } from "../../../components/capabilities/verified-backup/upload.ts";
import type { KafkaEngine } from "../../../components/data/kafka/engine.ts";
import { kafkaStore } from "../../../components/data/kafka/store.ts";
import type { MysqlEngine } from "../../../components/data/mysql/engine.ts";
import { mysqlStore } from "../../../components/data/mysql/store.ts";
import type { PostgresEngine } from "../../../components/data/postgres/engine.ts";
import { postgresStore } from "../../../components/data/postgres/store.ts";
import { type RedisEngine, redisStore } from "../../../components/data/redis/store.ts";
import type { DataStore, StorePlan } from "../../../components/data/store.ts";
import { declaredBy } from "../../support/stack-variant.ts";

const s3: S3Copy = {
  cidrs: ["192.0.2.0/28"],
  endpoint: "https://s3.example.com",
  region: "eu-1",
  bucket: "copies",
  prefix: "shop",
  credentialsSecret: "bucket",
};
const shared = { namespace: "shop", labels: { app: "store" }, storage: "5Gi", retainData: true } as const;
const outside = {
  kind: "external",
  cidr: "192.0.2.64/28",
  passwordSecret: "login",
  host: "store.example.com",
} as const;
const operator = { apiServerCidr: "10.0.0.1/32", apiServerPorts: [6443] };
const resources = { cpu: { request: "100m", limit: "1" }, memory: { request: "1Gi", limit: "1Gi" } } as const;

const postgres = (engine: PostgresEngine) =>
  postgresStore("postgres", engine, {
    ...shared,
    settingPath: "shop.postgres",
    serviceName: "pg",
    database: "orders",
    user: "shop",
    backup: { s3 },
  });
const mysql = (engine: MysqlEngine) =>
  mysqlStore("mysql", engine, {
    ...shared,
    settingPath: "shop.database",
    backupPath: "shop.backup",
    serviceName: "mysql",
    database: "orders",
    user: "shop",
    credentialName: "login",
    backup: { s3, name: "copies", claimName: "copies-claim", labels: { app: "shop", part: "copies" } },
  });
const cache = (engine: RedisEngine) =>
  redisStore("redis", engine, {
    namespace: "shop",
    labels: shared.labels,
    settingPath: "shop.redis",
    serviceName: "redis",
    role: "cache",
  });
const state = (engine: RedisEngine) =>
  redisStore("redis", engine, {
    ...shared,
    settingPath: "shop.redis",
    serviceName: "redis",
    role: "state",
    persistence: { storage: "2Gi" },
    backup: { retainData: true },
  });
const kafka = (engine: KafkaEngine) =>
  kafkaStore("kafka", engine, {
    ...shared,
    settingPath: "shop.kafka",
    serviceName: "brokers",
    brokers: 3,
    topics: [{ name: "orders", partitions: 6 }],
    resources,
    backup: {},
  });

const end = (peer: Flow["from"]) =>
  "app" in peer ? peer.app : "cidr" in peer ? peer.cidr : `namespace ${peer.namespace}`;
const lines = (flows: readonly Flow[]) =>
  flows.map(({ from, to, ports }) => `${end(from)} -> ${end(to)} ${ports.join()}`);

/** A store under Pulumi's mocks. */
async function declared(plan: StorePlan): Promise<DataStore> {
  let store: DataStore | undefined;
  await declaredBy(() => void (store = plan.declare({})));
  return store!;
}

interface Expected {
  readonly plan: StorePlan;
  readonly client: string;
  readonly flows: readonly string[];
  readonly volumes: readonly string[];
  readonly workloads: readonly string[];
  readonly location: object;
  /** Whether the stack makes its copies. */
  readonly copied: boolean;
}

const upload = (app: string) => `${app} -> 192.0.2.0/28 443`;
const pg = { kind: "postgres", name: "postgres", database: "orders", user: "shop", service: "pg", port: 5432 };
const stores: Readonly<Record<string, Expected>> = {
  "Postgres of the stack": {
    plan: postgres({ kind: "statefulset" }),
    client: "web -> postgres 5432",
    workloads: ["StatefulSet/postgres 1"],
    location: { ...pg, backup: "postgres-backup" },
    copied: true,
    flows: ["postgres-provision -> postgres 5432", "postgres-backup -> postgres 5432", upload("postgres-backup")],
    volumes: ["data-postgres 5Gi shop.postgres.storage", "postgres-backup 10Gi shop.postgres.backup.storage"],
  },
  "Postgres of CloudNativePG": {
    plan: postgres({ kind: "cloudnative-pg", instances: 3, ...operator }),
    client: "web -> postgres 5432",
    workloads: [],
    location: pg,
    copied: false,
    flows: [
      "postgres -> postgres 5432,8000",
      "namespace cnpg-system -> postgres 5432,8000",
      "postgres -> 10.0.0.1/32 6443",
      upload("postgres"),
    ],
    volumes: ["postgres 5Gi shop.postgres.storage"],
  },
  "Postgres of somebody else": {
    plan: postgres({ ...outside, port: 5433, tls: { mode: "disable" } }),
    client: "web -> 192.0.2.64/28 5433",
    workloads: [],
    location: { ...pg, service: outside.host, port: 5433 },
    copied: false,
    flows: [],
    volumes: [],
  },
  "MySQL of the stack": {
    plan: mysql({ kind: "in-cluster" }),
    client: "web -> mysql 3306",
    workloads: ["StatefulSet/mysql 1"],
    copied: true,
    location: {
      kind: "mysql",
      name: "mysql",
      service: "mysql",
      port: 3306,
      database: "orders",
      user: "shop",
      backup: "copies",
    },
    flows: ["copies -> mysql 3306", "mysql-provision -> mysql 3306", upload("copies")],
    volumes: ["data-mysql 5Gi shop.database.storage", "copies-claim 10Gi shop.backup.storage"],
  },
  "MySQL of somebody else, which the stack copies all the same": {
    plan: mysql({ ...outside, server: "mysql", port: 3307, tls: { mode: "DISABLED" } }),
    client: "web -> 192.0.2.64/28 3307",
    workloads: [],
    copied: true,
    location: {
      kind: "mysql",
      name: "mysql",
      service: outside.host,
      port: 3307,
      database: "orders",
      user: "shop",
      backup: "copies",
    },
    flows: ["copies -> 192.0.2.64/28 3307", upload("copies")],
    volumes: ["copies-claim 10Gi shop.backup.storage"],
  },
  "a cache of the stack": {
    plan: cache({ kind: "in-cluster" }),
    client: "web -> redis 6379",
    workloads: ["Deployment/redis 1"],
    location: { kind: "redis-cache", name: "redis", service: "redis", port: 6379 },
    copied: false,
    flows: [],
    volumes: [],
  },
  "a Redis of the stack that holds state": {
    plan: state({ kind: "in-cluster" }),
    client: "web -> redis 6379",
    workloads: ["StatefulSet/redis 1"],
    location: { kind: "redis-state", name: "redis", service: "redis", port: 6379, backup: "redis-backup" },
    copied: true,
    flows: ["redis-backup -> redis 6379"],
    volumes: ["data-redis 2Gi shop.redis.storage", "redis-backup 10Gi shop.redis.backup.storage"],
  },
  "a Redis of somebody else that holds state": {
    plan: state({ ...outside, port: 6380, tls: { mode: "disable" } }),
    client: "web -> 192.0.2.64/28 6380",
    workloads: [],
    location: { kind: "redis-state", name: "redis", service: outside.host, port: 6380 },
    copied: false,
    flows: ["redis-check -> 192.0.2.64/28 6380"],
    volumes: [],
  },
  "Kafka of the stack": {
    plan: kafka({ kind: "statefulset" }),
    client: "web -> kafka 9092",
    workloads: ["StatefulSet/kafka 3"],
    location: { kind: "kafka", name: "kafka", service: "brokers", port: 9092, backup: "kafka-backup" },
    copied: true,
    flows: ["kafka -> kafka 9092,9093", "kafka-topics -> kafka 9092", "kafka-backup -> kafka 9092"],
    volumes: ["data-kafka 5Gi shop.kafka.storage", "kafka-backup 10Gi shop.kafka.backup.storage"],
  },
  "Kafka of Strimzi": {
    plan: kafka({ kind: "strimzi", operatorNamespace: "strimzi", ...operator }),
    client: "web -> kafka 9092",
    workloads: [],
    location: { kind: "kafka", name: "kafka", service: "kafka-kafka-bootstrap", port: 9092 },
    copied: false,
    flows: [
      "kafka -> kafka 9090,9091,9092,9093",
      "namespace strimzi -> kafka 8443,9090,9091",
      "kafka -> 10.0.0.1/32 6443",
    ],
    volumes: ["data-kafka-brokers 5Gi shop.kafka.storage"],
  },
  "Kafka of somebody else": {
    plan: kafka({
      kind: "external",
      brokers: "one.example.com:9094,two.example.com:9094",
      port: 9094,
      cidr: outside.cidr,
      tls: { mode: "disable" },
    }),
    client: "web -> 192.0.2.64/28 9094",
    workloads: [],
    location: { kind: "kafka", name: "kafka", service: "one.example.com", port: 9094 },
    copied: false,
    flows: [],
    volumes: [],
  },
};

for (const [title, { plan, client, flows, volumes, workloads, location, copied }] of Object.entries(stores)) {
  test(`${title} is known by its flows and volumes before it is declared, and says then where it is and what runs (X05, X07)`, async (t) => {
    t.deepEqual(lines([plan.network.flowFrom("web")]), [client]);
    t.deepEqual(lines(plan.network.flows), flows);
    t.deepEqual(
      plan.state.volumes.map(({ claim, size }) => `${claim} ${size.value} ${size.path}`),
      volumes,
    );
    const store = await declared(plan);
    t.deepEqual(
      store.workloads.map(({ kind, name, replicas }) => `${kind}/${name} ${replicas}`),
      workloads,
    );
    t.deepEqual(store.location as object, location);
    t.is(store.backup !== undefined, copied);
    t.true(Object.keys(store.client.env).length > 0);
  });
}

test("pods of another namespace reach a store where its engine has it, as an app of the system does (X05)", (t) => {
  const from = (plan: StorePlan) => lines([plan.network.flowFrom({ namespace: "keda" })]);
  t.deepEqual([kafka({ kind: "statefulset" }), stores["Kafka of somebody else"]!.plan].map(from), [
    ["namespace keda -> kafka 9092"],
    ["namespace keda -> 192.0.2.64/28 9094"],
  ]);
});
