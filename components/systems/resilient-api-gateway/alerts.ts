import type { SystemAlerts } from "../../alerts/alert.ts";
import { burnRates, share, slowerThan, slowerThanP95 } from "../../alerts/burn-rates.ts";
import { certificateAlerts } from "../../alerts/certificates.ts";
import { backupSuspended, backupTooOld, jobFailed, lastFailureOf } from "../../alerts/jobs.ts";
import { metricsMissing, serviceDown, targetDown } from "../../alerts/reach.ts";
import { twoLevels } from "../../alerts/severities.ts";
import { redisMemoryUsed } from "../../alerts/usage.ts";

/** The numbers that the gateway's alerts promise (G10). */
export const gatewayObjectives = {
  p95Milliseconds: 1000,
  upstreamErrorRatePercent: 5,
  rateLimitedPerSecond: 0.1,
  redisMemoryPercent: 80,
} as const;

const { critical, warning } = twoLevels;
const system = "resilient-api-gateway";
const namespace = "api-gateway";
const here = `namespace="${namespace}"`;
/** The upstream counts the same requests under the same name: without this each would count twice. */
const proxy = `${here}, service="proxy-service"`;
/** /proxy/slow takes two seconds by contract. */
const timed = `${proxy}, route!="/proxy/slow"`;
const urgent = { system, namespace, severity: critical };
const normal = { system, namespace, severity: warning };
const severities = { fast: critical, slow: warning };

const failed = share(`http_requests_5xx_total{${proxy}}`, `http_requests_total{${proxy}}`);
const errorRate = gatewayObjectives.upstreamErrorRatePercent / 100;
const p95 = gatewayObjectives.p95Milliseconds / 1000;
const redisMemory = gatewayObjectives.redisMemoryPercent / 100;

const errors = burnRates({
  system,
  of: "errors",
  budget: errorRate,
  row: "G10",
  bad: failed,
  severities,
  command: `npx runbook breaker ${system}`,
});
const latency = burnRates({
  system,
  of: "latency",
  budget: slowerThanP95,
  row: "G10",
  bad: slowerThan("http_request_duration_seconds", timed, p95),
  severities,
  command: `npx runbook status ${system}`,
});

/** What is watched of the gateway: the runbook's six alerts (G10), and what they need to be true (G14). */
export const gatewayAlerts: SystemAlerts = {
  system,
  namespace,
  severities: Object.values(twoLevels),
  records: [...errors.records, ...latency.records, lastFailureOf(namespace)],
  alerts: [
    serviceDown(urgent, "proxy-service|upstream-service", {
      name: "ServiceDown",
      row: "G10",
      hides: ["UpstreamHighErrorRate", "HighResponseLatency", "CircuitBreakerFrequentlyOpen", "TargetDown"],
    }),
    {
      name: "UpstreamHighErrorRate",
      expr: `${failed("5m")} > ${errorRate}`,
      threshold: { value: errorRate, unit: "ratio", row: "G10" },
      for: "5m",
      severity: critical,
      summary: "More answers are 5xx than one in twenty.",
      command: `npx runbook breaker ${system}`,
    },
    {
      name: "CircuitBreakerFrequentlyOpen",
      expr: `avg_over_time((max by (namespace) (circuit_breaker_state{${here}}) == bool 2)[15m:30s]) > 0.2`,
      threshold: { value: 0.2, unit: "ratio", row: "G10" },
      severity: warning,
      summary: "The circuit breaker was open for more than a fifth of the last quarter of an hour.",
      command: `npx runbook breaker ${system}`,
    },
    {
      name: "HighRateLimitRejections",
      expr: `sum by (namespace) (rate(http_requests_429_total{${proxy}}[5m])) > ${gatewayObjectives.rateLimitedPerSecond}`,
      threshold: { value: gatewayObjectives.rateLimitedPerSecond, unit: "per second", row: "G10" },
      for: "5m",
      severity: warning,
      summary: "Clients are refused because of their rate.",
      command: `npx runbook clients ${system}`,
    },
    {
      name: "RedisHighMemoryUsage",
      expr: `${redisMemoryUsed(namespace)} > ${redisMemory}`,
      threshold: { value: redisMemory, unit: "ratio", row: "G10" },
      for: "5m",
      severity: warning,
      summary:
        "The limiter's and the breaker's Redis is nearly full: it evicts nothing, and refuses writes when it is.",
      command: `npx runbook clients ${system}`,
    },
    {
      name: "RedisMemoryUnbounded",
      expr: `max by (namespace) (redis_memory_max_bytes{${here}}) == 0`,
      threshold: { value: 0, unit: "count", row: "G14" },
      for: "5m",
      severity: warning,
      summary: "Redis has no maxmemory, so nothing says when it is full.",
      command: `npx runbook restart ${system} redis`,
    },
    {
      name: "HighResponseLatency",
      expr: `histogram_quantile(0.95, sum by (namespace, le) (rate(http_request_duration_seconds_bucket{${timed}}[5m]))) > ${p95}`,
      threshold: { value: p95, unit: "seconds", row: "G10" },
      for: "5m",
      severity: warning,
      summary: "One request in twenty takes longer than a second.",
      command: `npx runbook status ${system}`,
    },
    ...errors.alerts,
    ...latency.alerts,
    backupTooOld(urgent, "redis-backup", "G08"),
    backupTooOld(normal, "configuration-backup", "G08", { name: "ConfigurationBackupTooOld", every: 7 * 86_400 }),
    backupSuspended(normal, "redis-backup|configuration-backup", "G08"),
    jobFailed(normal, "G08"),
    ...certificateAlerts(normal, "G11", critical),
    targetDown(normal, "G10"),
    metricsMissing(
      normal,
      [
        "http_requests_total",
        "circuit_breaker_state",
        "redis_memory_used_bytes",
        "kube_deployment_status_replicas_available",
      ],
      "G10",
    ),
  ],
};
