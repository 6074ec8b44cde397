import type { SystemAlerts } from "../../alerts/alert.ts";
import { share } from "../../alerts/burn-rates.ts";
import { certificateAlerts } from "../../alerts/certificates.ts";
import { backupSuspended, backupTooOld, jobFailed, lastFailureOf } from "../../alerts/jobs.ts";
import { metricsMissing, serviceDown, targetDown } from "../../alerts/reach.ts";
import { p0ToP3 } from "../../alerts/severities.ts";
import { memoryUsed } from "../../alerts/usage.ts";

/** What the service promises (P12). */
export const platformObjectives = { errorsPerHour: 10 } as const;

const { P0, P1, P2, P3 } = p0ToP3;
const system = "platform-service";
const namespace = "platform";
const at = { system, namespace };
const service = `namespace="${namespace}", service="${system}"`;
const requests = `sum by (namespace) (rate(http_requests_total{${service}}[5m]))`;
const errorRate = share(`http_request_errors_total{${service}}`, `http_requests_total{${service}}`)("5m");

/** What is watched of the platform service. The runbook names the first three and no number for them (P09). */
export const platformAlerts: SystemAlerts = {
  system,
  namespace,
  severities: Object.values(p0ToP3),
  records: [lastFailureOf(namespace)],
  alerts: [
    {
      name: "HighErrorRate",
      expr: `${errorRate} > 0.01\nand ${requests} > 0.1`,
      threshold: { value: 0.01, unit: "ratio", row: "P09" },
      for: "5m",
      severity: P1,
      summary: "More requests fail than one in a hundred.",
      command: `npx runbook logs ${system} --since 30m`,
    },
    {
      name: "HighLatency",
      expr: `histogram_quantile(0.95, sum by (namespace, le) (rate(http_request_duration_seconds_bucket{${service}}[5m]))) > 0.5`,
      threshold: { value: 0.5, unit: "seconds", row: "P09" },
      for: "10m",
      severity: P2,
      summary: "One request in twenty takes longer than half a second.",
      command: `npx runbook status ${system}`,
    },
    {
      name: "HighMemoryUsage",
      expr: `${memoryUsed(namespace, system)} > 0.9`,
      threshold: { value: 0.9, unit: "ratio", row: "P09" },
      for: "10m",
      severity: P2,
      summary: "{{ $labels.pod }} uses nearly all of the memory that it may use.",
      command: `npx runbook restart ${system} ${system}`,
    },
    {
      name: "ErrorsPerHour",
      expr: `sum by (namespace) (increase(http_request_errors_total{${service}}[1h])) >= ${platformObjectives.errorsPerHour}`,
      threshold: { value: platformObjectives.errorsPerHour, unit: "count", row: "P12" },
      severity: P3,
      summary: "As many requests failed within an hour as the objective allows at most.",
      command: `npx runbook logs ${system} --since 1h`,
    },
    serviceDown({ ...at, severity: P0 }, system, {
      name: "ServiceDown",
      row: "P14",
      hides: ["HighErrorRate", "HighLatency", "ErrorsPerHour", "TargetDown"],
    }),
    backupTooOld({ ...at, severity: P1 }, "postgres-backup", "P06"),
    backupSuspended({ ...at, severity: P2 }, "postgres-backup", "P06"),
    jobFailed({ ...at, severity: P2 }, "P06"),
    ...certificateAlerts({ ...at, severity: P2 }, "P05", P1),
    targetDown({ ...at, severity: P2 }, "P09"),
    metricsMissing(
      { ...at, severity: P2 },
      [
        "http_requests_total",
        "container_memory_working_set_bytes",
        "kube_pod_container_resource_limits",
        "kube_deployment_status_replicas_available",
      ],
      "P09",
    ),
  ],
};
