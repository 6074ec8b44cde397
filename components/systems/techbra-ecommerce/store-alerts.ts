import type { Alert } from "../../alerts/alert.ts";
import { p1ToP4 } from "../../alerts/severities.ts";
import { cacheHitRate, redisMemoryUsed } from "../../alerts/usage.ts";
import { above, here, namespace, slower, status, system } from "./alert-forms.ts";
import { techbraObjectives } from "./objectives.ts";

const { P2, P3 } = p1ToP4;
const hits = techbraObjectives.cacheHitRatePercent / 100;

/** What is watched of Postgres and Redis (T07). */
export const storeAlerts: readonly Alert[] = [
  above(
    techbraObjectives.postgresPoolPercent,
    `max by (namespace, pod, pool) (hikaricp_connections_active{${here}})
/ max by (namespace, pod, pool) (hikaricp_connections_max{${here}} > 0)`,
    P2,
    {
      name: "ConnectionPool",
      for: "5m",
      summary: "Most connections of the pool of {{ $labels.pod }} are in use.",
      command: status,
    },
  ),
  above(
    techbraObjectives.postgresPoolPercent,
    `sum by (namespace) (pg_stat_activity_count{${here}})
/ max by (namespace) (pg_settings_max_connections{${here}})`,
    P2,
    {
      name: "PostgresConnections",
      for: "5m",
      summary: "Most connections that the database allows are open.",
      command: `npx runbook restart ${system} order-service billing-service inventory-service`,
    },
  ),
  slower(techbraObjectives.queryP95Milliseconds, `hikaricp_connections_usage_seconds_bucket{${here}}`, "pool", {
    name: "QueryLatency",
    summary: "One use of the database in twenty holds its connection longer than a query may take.",
    command: status,
  }),
  above(
    techbraObjectives.lockWaitPercent,
    `sum by (namespace) (pg_stat_activity_count{${here}, wait_event_type="Lock"})
/ sum by (namespace) (pg_stat_activity_count{${here}, state="active"})`,
    P2,
    { name: "PostgresLockWaits", summary: "Sessions of the database wait for each other's locks.", command: status },
  ),
  above(techbraObjectives.redisMemoryPercent, redisMemoryUsed(namespace), P3, {
    name: "RedisHighMemoryUsage",
    summary: "Redis uses much of the memory that it may use.",
    command: status,
  }),
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
