import type { Alert, SystemAlerts } from "../../alerts/alert.ts";
import { burnRates, share, slowerThan, slowerThanP95 } from "../../alerts/burn-rates.ts";
import {
  backupSuspended,
  backupTooOld,
  cacheHitRate,
  cpuUsed,
  jobFailed,
  lastFailureOf,
  memoryUsed,
  metricsMissing,
  redisMemoryUsed,
  serviceDown,
  targetDown,
  volumeUsed,
} from "../../alerts/common.ts";
import { p1ToP4 } from "../../alerts/severities.ts";

/** What the shop promises (T07). */
export const techbraObjectives = {
  consumerLag: 1000,
  kafkaDiskPercent: 80,
  kafkaMemoryPercent: 85,
  p95Milliseconds: 500,
  errorRatePercent: 1,
  cpuPercent: 70,
  memoryPercent: 80,
  jvmHeapPercent: 75,
  postgresPoolPercent: 80,
  queryP95Milliseconds: 100,
  lockWaitPercent: 5,
  redisMemoryPercent: 80,
  cacheHitRatePercent: 95,
} as const;

const { P1, P2, P3, P4 } = p1ToP4;
const system = "techbra-ecommerce";
const namespace = "techbra-test";
const here = `namespace="${namespace}"`;
const at = { system, namespace };
const services = "order-service|billing-service|inventory-service|bff";
const groups = ["order-service-group", "billing-service-group", "inventory-service-group"];
const copies = "postgres-backup|redis-backup|kafka-backup";
/** Probes and scrapes are no requests of a customer. */
const requests = `${here}, uri!~"/actuator.*"`;
const status = `npx runbook status ${system}`;

/** An alert of T07 about a share of something. */
const used = (
  name: string,
  percent: number,
  expr: string,
  severity: Alert["severity"],
  summary: string,
  command: string,
): Alert => ({
  name,
  expr: `${expr} > ${percent / 100}`,
  threshold: { value: percent / 100, unit: "ratio", row: "T07" },
  for: "15m",
  severity,
  summary,
  command,
});
const p95 = (
  name: string,
  milliseconds: number,
  buckets: string,
  by: string,
  summary: string,
  command: string,
): Alert => ({
  name,
  expr: `histogram_quantile(0.95, sum by (namespace, ${by}, le) (rate(${buckets}[5m]))) > ${milliseconds / 1000}`,
  threshold: { value: milliseconds / 1000, unit: "seconds", row: "T07" },
  for: "10m",
  severity: P2,
  summary,
  command,
});

const failed = share(
  `http_server_requests_seconds_count{${requests}, outcome="SERVER_ERROR"}`,
  `http_server_requests_seconds_count{${requests}}`,
  "namespace, service",
);
const perService = { system, row: "T07", severities: { fast: P1, slow: P4 } } as const;
const errors = burnRates({
  ...perService,
  of: "errors",
  budget: techbraObjectives.errorRatePercent / 100,
  bad: failed,
  command: `npx runbook logs ${system} --app {{ $labels.service }}`,
});
const latency = burnRates({
  ...perService,
  of: "latency",
  budget: slowerThanP95,
  bad: slowerThan(
    "http_server_requests_seconds",
    requests,
    techbraObjectives.p95Milliseconds / 1000,
    "namespace, service",
  ),
  command: status,
});

const kafka: readonly Alert[] = [
  {
    name: "ConsumerLag",
    // A partition without a committed place has a lag of -1.
    expr: `sum by (namespace, consumergroup, topic) (kafka_consumergroup_lag{${here}} >= 0) > ${techbraObjectives.consumerLag}`,
    threshold: { value: techbraObjectives.consumerLag, unit: "count", row: "T07" },
    for: "5m",
    severity: P2,
    summary: "{{ $labels.consumergroup }} has much of {{ $labels.topic }} to read.",
    command: `npx runbook lag ${system} {{ $labels.consumergroup }}`,
  },
  {
    name: "ConsumerGroupMissing",
    // A group that is gone has no lag at all.
    expr: groups.map((group) => `absent(kafka_consumergroup_lag{${here}, consumergroup="${group}"})`).join("\nor\n"),
    threshold: { value: 1, unit: "count", row: "T08" },
    for: "15m",
    severity: P2,
    summary: "Kafka does not know {{ $labels.consumergroup }}: nobody reads for it.",
    command: `npx runbook lag ${system}`,
  },
  {
    name: "DeadLetters",
    expr: `sum by (namespace, topic) (increase(kafka_topic_partition_current_offset{${here}, topic=~".+\\\\.dlq"}[1h])) > 0`,
    threshold: { value: 0, unit: "count", row: "T13" },
    severity: P3,
    summary: "Messages came into {{ $labels.topic }} that no consumer could handle.",
    command: `npx runbook logs ${system} --since 2h`,
  },
  {
    name: "UnderReplicatedPartitions",
    expr: `sum by (namespace, topic) (kafka_topic_partition_under_replicated_partition{${here}}) > 0`,
    threshold: { value: 0, unit: "count", row: "T09" },
    for: "5m",
    severity: P1,
    summary: "Partitions of {{ $labels.topic }} lack a copy.",
    command: `npx runbook topics ${system}`,
  },
  used(
    "KafkaDisk",
    techbraObjectives.kafkaDiskPercent,
    `platform:volume_used:ratio{${here}, persistentvolumeclaim=~"data-kafka-.*"}`,
    P2,
    "Volume {{ $labels.persistentvolumeclaim }} fills up.",
    `npx runbook topics ${system}`,
  ),
  used(
    "KafkaMemory",
    techbraObjectives.kafkaMemoryPercent,
    memoryUsed(namespace, "kafka"),
    P2,
    "Broker {{ $labels.pod }} uses nearly all of its memory.",
    `npx runbook restart ${system} kafka`,
  ),
];

const programs: readonly Alert[] = [
  serviceDown({ ...at, severity: P1 }, services, {
    name: "ServiceDown",
    row: "T08",
    hides: ["ServiceErrors", "ServiceLatency", "ErrorBudgetBurnFast", "LatencyBudgetBurnFast", "TargetDown"],
  }),
  p95(
    "ServiceLatency",
    techbraObjectives.p95Milliseconds,
    `http_server_requests_seconds_bucket{${requests}}`,
    "service",
    "One request in twenty to {{ $labels.service }} takes longer than the objective.",
    status,
  ),
  {
    ...used(
      "ServiceErrors",
      techbraObjectives.errorRatePercent,
      failed("5m"),
      P1,
      "{{ $labels.service }} fails more requests than the objective allows.",
      `npx runbook logs ${system} --app {{ $labels.service }}`,
    ),
    for: "5m",
  },
  used(
    "CpuHigh",
    techbraObjectives.cpuPercent,
    cpuUsed(namespace, services),
    P3,
    "{{ $labels.pod }} uses much of the processor time that it may use.",
    status,
  ),
  used(
    "MemoryHigh",
    techbraObjectives.memoryPercent,
    memoryUsed(namespace, services),
    P3,
    "{{ $labels.pod }} uses much of the memory that it may use.",
    `npx runbook restart ${system} {{ $labels.container }}`,
  ),
  used(
    "JvmHeap",
    techbraObjectives.jvmHeapPercent,
    // Regions without a bound say -1.
    `sum by (namespace, pod) (jvm_memory_used_bytes{${here}, area="heap"})
/ sum by (namespace, pod) (jvm_memory_max_bytes{${here}, area="heap"} > 0)`,
    P3,
    "The heap of {{ $labels.pod }} fills up.",
    status,
  ),
];

const connections = techbraObjectives.postgresPoolPercent / 100;
const hits = techbraObjectives.cacheHitRatePercent / 100;
const stores: readonly Alert[] = [
  {
    name: "ConnectionPool",
    expr: `max by (namespace, pod, pool) (hikaricp_connections_active{${here}})
/ max by (namespace, pod, pool) (hikaricp_connections_max{${here}} > 0) > ${connections}`,
    threshold: { value: connections, unit: "ratio", row: "T07" },
    for: "5m",
    severity: P2,
    summary: "Most connections of the pool of {{ $labels.pod }} are in use.",
    command: status,
  },
  {
    name: "PostgresConnections",
    expr: `sum by (namespace) (pg_stat_activity_count{${here}})
/ max by (namespace) (pg_settings_max_connections{${here}}) > ${connections}`,
    threshold: { value: connections, unit: "ratio", row: "T07" },
    for: "5m",
    severity: P2,
    summary: "Most connections that the database allows are open.",
    command: `npx runbook restart ${system} order-service billing-service inventory-service`,
  },
  p95(
    "QueryLatency",
    techbraObjectives.queryP95Milliseconds,
    `hikaricp_connections_usage_seconds_bucket{${here}}`,
    "pool",
    "One use of the database in twenty holds its connection longer than a query may take.",
    status,
  ),
  used(
    "PostgresLockWaits",
    techbraObjectives.lockWaitPercent,
    `sum by (namespace) (pg_stat_activity_count{${here}, wait_event_type="Lock"})
/ sum by (namespace) (pg_stat_activity_count{${here}, state="active"})`,
    P2,
    "Sessions of the database wait for each other's locks.",
    status,
  ),
  used(
    "RedisHighMemoryUsage",
    techbraObjectives.redisMemoryPercent,
    redisMemoryUsed(namespace),
    P3,
    "Redis uses much of the memory that it may use.",
    status,
  ),
  {
    name: "CacheHitRateLow",
    expr: cacheHitRate(namespace, hits),
    threshold: { value: hits, unit: "ratio", row: "T07" },
    for: "15m",
    severity: P3,
    summary: "The cache answers fewer reads than the objective.",
    command: status,
  },
];

/** What is watched of the shop: every number of T07, and that it and its copies are there. */
export const techbraAlerts: SystemAlerts = {
  system,
  namespace,
  severities: Object.values(p1ToP4),
  records: [...errors.records, ...latency.records, lastFailureOf(namespace), volumeUsed(namespace)],
  alerts: [
    ...programs,
    ...errors.alerts,
    ...latency.alerts,
    ...kafka,
    ...stores,
    backupTooOld({ ...at, severity: P1 }, copies, "T11"),
    backupSuspended({ ...at, severity: P3 }, copies, "T11"),
    jobFailed({ ...at, severity: P3 }, "T11"),
    targetDown({ ...at, severity: P3 }, "T07"),
    metricsMissing(
      { ...at, severity: P3 },
      [
        "http_server_requests_seconds_count",
        "kafka_consumergroup_lag",
        "pg_stat_activity_count",
        "redis_memory_used_bytes",
        "container_memory_working_set_bytes",
        "kube_deployment_status_replicas_available",
      ],
      "T07",
    ),
  ],
};
