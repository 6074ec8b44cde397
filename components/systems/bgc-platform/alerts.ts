import type { SystemAlerts } from "../../alerts/alert.ts";
import { burnRates, share, slowerThan, slowerThanP95 } from "../../alerts/burn-rates.ts";
import { certificateAlerts } from "../../alerts/certificates.ts";
import { backupSuspended, backupTooOld, jobFailed, lastFailureOf } from "../../alerts/jobs.ts";
import { metricsMissing, serviceDown, targetDown } from "../../alerts/reach.ts";
import { twoLevels } from "../../alerts/severities.ts";
import { cacheHitRate } from "../../alerts/usage.ts";

/** What the platform promises (B17). */
export const bgcObjectives = {
  p95Milliseconds: 200,
  errorRatePercent: 0.1,
  cacheHitRatePercent: 80,
  activeConnections: 50,
  postgresRestartsPerWeek: 0,
} as const;

const { critical, warning } = twoLevels;
const system = "bgc-platform";
const namespace = "data";
const urgent = { system, namespace, severity: critical };
const normal = { system, namespace, severity: warning };
const api = `namespace="${namespace}", service="bgc-api"`;
const severities = { fast: critical, slow: warning };
const logs = `npx runbook logs ${system} --since 1h --app bgc-api`;

const errors = burnRates({
  system,
  of: "errors",
  budget: bgcObjectives.errorRatePercent / 100,
  row: "B17",
  bad: share(`http_request_errors_total{${api}}`, `http_requests_total{${api}}`),
  severities,
  command: logs,
});
const latency = burnRates({
  system,
  of: "latency",
  budget: slowerThanP95,
  row: "B17",
  bad: slowerThan("http_request_duration_seconds", api, bgcObjectives.p95Milliseconds / 1000),
  severities,
  command: `npx runbook status ${system}`,
});
const hitRate = bgcObjectives.cacheHitRatePercent / 100;

/** What is watched of the BGC platform: its objectives (B17), and that it and its copies are there. */
export const bgcAlerts: SystemAlerts = {
  system,
  namespace,
  severities: Object.values(twoLevels),
  records: [...errors.records, ...latency.records, lastFailureOf(namespace)],
  alerts: [
    serviceDown(urgent, "bgc-api|bgc-web|integration-gateway", {
      name: "ServiceDown",
      row: "B01",
      hides: ["ErrorBudgetBurnFast", "LatencyBudgetBurnFast", "TargetDown"],
    }),
    ...errors.alerts,
    ...latency.alerts,
    {
      name: "CacheHitRateLow",
      expr: cacheHitRate(namespace, hitRate),
      threshold: { value: hitRate, unit: "ratio", row: "B17" },
      for: "15m",
      severity: warning,
      summary: "The cache answers fewer reads than the objective.",
      command: `npx runbook status ${system}`,
    },
    {
      name: "ActiveConnectionsHigh",
      expr: `sum by (namespace) (pg_stat_activity_count{namespace="${namespace}", datname="bgc", state="active"}) >= ${bgcObjectives.activeConnections}`,
      threshold: { value: bgcObjectives.activeConnections, unit: "count", row: "B17" },
      for: "5m",
      severity: warning,
      summary: "As many connections as the objective allows work in the database at once.",
      command: `npx runbook restart ${system} integration-gateway bgc-api`,
    },
    {
      name: "PostgresRestarted",
      // A pod that takes another's place begins at 0: what a person restarts is no restart.
      expr: `sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{namespace="${namespace}", pod=~"postgres-[0-9]+"}[7d])) > ${bgcObjectives.postgresRestartsPerWeek}`,
      threshold: { value: bgcObjectives.postgresRestartsPerWeek, unit: "count", row: "B17" },
      severity: warning,
      summary: "{{ $labels.pod }} was restarted within the last week.",
      command: `npx runbook status ${system}`,
    },
    backupTooOld(urgent, "postgres-backup", "B10"),
    backupSuspended(normal, "postgres-backup", "B10"),
    jobFailed(normal, "B10"),
    ...certificateAlerts(normal, "B02", critical),
    targetDown(normal, "B17"),
    metricsMissing(
      normal,
      [
        "http_requests_total",
        "pg_stat_activity_count",
        "redis_memory_used_bytes",
        "kube_deployment_status_replicas_available",
      ],
      "B17",
    ),
  ],
};
