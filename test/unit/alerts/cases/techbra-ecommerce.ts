import { type Case, fires, series, silent } from "./case.ts";
import { commonCases } from "./common.ts";
import { burnCases, histogram, memory, reads } from "./inputs.ts";

const namespace = "techbra-test";
const order = { namespace, service: "order-service" };
const container = { namespace, pod: "order-service-a", container: "order-service" };
const pod = { namespace, pod: "order-service-a" };
const pool = { ...pod, pool: "HikariPool-1" };
const groups = ["order-service-group", "billing-service-group", "inventory-service-group"];
const lag = (consumergroup: string, partition = "0") =>
  series("kafka_consumergroup_lag", { namespace, consumergroup, topic: "order.events", partition });
const answered = (outcome: string, uri = "/orders") =>
  series("http_server_requests_seconds_count", { ...order, uri, outcome });
const offset = (topic: string) => series("kafka_topic_partition_current_offset", { namespace, topic, partition: "0" });
const underReplicated = series("kafka_topic_partition_under_replicated_partition", {
  namespace,
  topic: "order.events",
  partition: "0",
});
const volume = (persistentvolumeclaim: string) => ({
  [series("platform_volume_used_bytes", { namespace, persistentvolumeclaim })]: "85x30",
  [series("platform_volume_size_bytes", { namespace, persistentvolumeclaim })]: "100x30",
});
const cpu = (seconds: number) => ({
  [series("container_cpu_usage_seconds_total", container)]: `0+${seconds}x40`,
  [series("kube_pod_container_resource_limits", { ...container, resource: "cpu" })]: "1x40",
  [series("kube_pod_container_resource_limits", { ...container, resource: "memory" })]: "536870912x40",
});
const heap = (old: number) =>
  Object.fromEntries(
    [
      ["Eden Space", 1, -1],
      ["Survivor Space", 0, -1],
      ["Tenured Gen", old, 10],
    ].flatMap(([id, used, max]) => [
      [series("jvm_memory_used_bytes", { ...pod, area: "heap", id: String(id) }), `${used}x30`],
      [series("jvm_memory_max_bytes", { ...pod, area: "heap", id: String(id) }), `${max}x30`],
    ]),
  ) as Readonly<Record<string, string>>;
const connections = (active: number) => ({
  [series("hikaricp_connections_active", pool)]: `${active}x10`,
  [series("hikaricp_connections_max", pool)]: "10x10",
});
const sessions = (idle: number) => ({
  [series("pg_stat_activity_count", { namespace, datname: "ecommerce_db", state: "idle" })]: `${idle}x10`,
  [series("pg_stat_activity_count", { namespace, datname: "ecommerce_db", state: "active" })]: "10x10",
  [series("pg_settings_max_connections", { namespace })]: "100x10",
});
const locks = (waiting: number) => ({
  [series("pg_stat_activity_count", { namespace, state: "active", wait_event_type: "Lock" })]: `${waiting}x30`,
  [series("pg_stat_activity_count", { namespace, state: "active", wait_event_type: "" })]: "9x30",
});
const redis = (used: number) => ({
  [series("redis_memory_used_bytes", { namespace })]: `${used}x30`,
  [series("redis_memory_max_bytes", { namespace })]: "100x30",
});

export const techbraCases: readonly Case[] = [
  ...commonCases(namespace, {
    down: ["ServiceDown", "order-service"],
    backups: ["postgres-backup", "redis-backup", "kafka-backup"],
    metrics: [
      "http_server_requests_seconds_count",
      "kafka_consumergroup_lag",
      "pg_stat_activity_count",
      "redis_memory_used_bytes",
      "container_memory_working_set_bytes",
      "platform:volume_used:ratio",
      "kube_deployment_status_replicas_available",
    ],
  }),
  fires(
    "ConsumerLag",
    "1002 messages wait in one partition, and two were never read",
    { [lag(groups[0]!)]: "1002x10", [lag(groups[0]!, "1")]: "-1x10", [lag(groups[0]!, "2")]: "-1x10" },
    "7m",
    { namespace, consumergroup: groups[0]!, topic: "order.events" },
  ),
  silent("ConsumerLag", "no partition was ever read", { [lag(groups[0]!)]: "-1x10" }, "7m"),
  silent("ConsumerLag", "1000 messages wait", { [lag(groups[0]!)]: "1000x10" }, "7m"),
  fires(
    "ConsumerGroupMissing",
    "one group of three is gone",
    { [lag(groups[0]!)]: "0x20", [lag(groups[2]!)]: "0x20" },
    "17m",
    { namespace, consumergroup: groups[1]! },
  ),
  silent(
    "ConsumerGroupMissing",
    "all groups read",
    Object.fromEntries(groups.map((group) => [lag(group), "0x20"])),
    "17m",
  ),
  fires("DeadLetters", "a message is buried", { [offset("order.events.dlq")]: "0x30 3x40" }, "40m", {
    namespace,
    topic: "order.events.dlq",
  }),
  silent(
    "DeadLetters",
    "old dead letters wait, and the topic itself is written",
    { [offset("order.events.dlq")]: "3x70", [offset("order.events")]: "0+60x70" },
    "40m",
  ),
  fires("UnderReplicatedPartitions", "a partition lacks a copy", { [underReplicated]: "1x10" }, "7m", {
    namespace,
    topic: "order.events",
  }),
  silent("UnderReplicatedPartitions", "a broker restarts for two minutes", { [underReplicated]: "0 1x1 0x8" }, "7m"),
  fires("KafkaDisk", "a broker's volume is at 85 %", volume("data-kafka-0"), "20m", {
    namespace,
    persistentvolumeclaim: "data-kafka-0",
  }),
  silent("KafkaDisk", "the database's volume is at 85 %", volume("data-postgres-0"), "20m"),
  fires(
    "KafkaMemory",
    "a broker uses 90 % of its memory",
    memory({ ...pod, pod: "kafka-0", container: "kafka" }, 90),
    "25m",
    {
      namespace,
      pod: "kafka-0",
      container: "kafka",
    },
  ),
  silent(
    "KafkaMemory",
    "a broker uses 80 % of its memory",
    memory({ ...pod, pod: "kafka-0", container: "kafka" }, 80),
    "25m",
  ),
  fires(
    "ServiceLatency",
    "half of the requests take longer than half a second",
    histogram("http_server_requests_seconds", { ...order, uri: "/orders" }, 0.5, 500),
    "15m",
    order,
  ),
  silent(
    "ServiceLatency",
    "probes are slow, and requests are not",
    {
      ...histogram("http_server_requests_seconds", { ...order, uri: "/actuator/health" }, 0.5, 0),
      ...histogram("http_server_requests_seconds", { ...order, uri: "/orders" }, 0.5, 1000),
    },
    "15m",
  ),
  fires(
    "ServiceErrors",
    "two requests of a hundred fail",
    { [answered("SERVER_ERROR")]: "0+12x20", [answered("SUCCESS")]: "0+588x20" },
    "10m",
    order,
  ),
  silent(
    "ServiceErrors",
    "clients ask wrongly, and one request of two hundred fails",
    {
      [answered("SERVER_ERROR")]: "0+3x20",
      [answered("CLIENT_ERROR")]: "0+300x20",
      [answered("SUCCESS")]: "0+297x20",
    },
    "10m",
  ),
  fires("CpuHigh", "a pod uses 80 % of its processor time", cpu(48), "25m", container),
  silent("CpuHigh", "a pod uses half of its processor time", cpu(30), "25m"),
  fires("MemoryHigh", "a pod uses 85 % of its memory", memory(container, 85), "25m", container),
  silent("MemoryHigh", "a pod uses 70 % of its memory", memory(container, 70), "25m"),
  fires("JvmHeap", "the heap is at 90 %, and young regions have no bound", heap(8), "20m", pod),
  silent("JvmHeap", "the heap is at 70 %, and young regions have no bound", heap(6), "20m"),
  fires("ConnectionPool", "nine connections of ten are in use", connections(9), "7m", pool),
  silent("ConnectionPool", "five connections of ten are in use", connections(5), "7m"),
  fires("PostgresConnections", "90 connections of 100 are open", sessions(80), "7m", { namespace }),
  silent("PostgresConnections", "50 connections of 100 are open", sessions(40), "7m"),
  fires(
    "QueryLatency",
    "half of the uses of a connection take longer than 100 ms",
    histogram("hikaricp_connections_usage_seconds", pool, 0.1, 500),
    "15m",
    { namespace, pool: "HikariPool-1" },
  ),
  silent(
    "QueryLatency",
    "one use of a hundred takes longer",
    histogram("hikaricp_connections_usage_seconds", pool, 0.1, 990),
    "15m",
  ),
  fires("PostgresLockWaits", "one session of ten waits for a lock", locks(1), "20m", { namespace }),
  silent("PostgresLockWaits", "no session waits for a lock", locks(0), "20m"),
  fires("RedisHighMemoryUsage", "Redis uses 90 % of its memory", redis(90), "20m", { namespace }),
  silent("RedisHighMemoryUsage", "Redis uses 70 % of its memory", redis(70), "20m"),
  fires("CacheHitRateLow", "the cache answers nine reads of ten", reads(namespace, 90), "50m", { namespace }),
  silent("CacheHitRateLow", "the cache answers 98 reads of a hundred", reads(namespace, 98), "50m"),
  ...burnCases(
    "ErrorBudget",
    0.01,
    (bad) => ({
      [answered("SERVER_ERROR")]: `0+${bad}x100`,
      [answered("SUCCESS")]: `0+${1000 - bad}x100`,
      [answered("SUCCESS", "/actuator/prometheus")]: "0+9000x100",
    }),
    order,
  ),
  ...burnCases(
    "LatencyBudget",
    0.05,
    (bad) => histogram("http_server_requests_seconds", { ...order, uri: "/orders" }, 0.5, 1000 - bad),
    order,
  ),
];
