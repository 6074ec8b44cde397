import type { SystemAlerts } from "../../alerts/alert.ts";
import { burnRates } from "../../alerts/burn-rates.ts";
import { certificateAlerts } from "../../alerts/certificates.ts";
import { backupSuspended, backupTooOld, jobFailed, lastFailureOf } from "../../alerts/jobs.ts";
import { metricsMissing, serviceDown, targetDown } from "../../alerts/reach.ts";
import { twoLevels } from "../../alerts/severities.ts";
import { volumeUsed } from "../../alerts/usage.ts";

/** What EDI promises (E14). */
export const ediObjectives = {
  errorRatePercent: 1,
  queueDepth: 100,
  processingSeconds: 30,
  recoveryMinutes: 15,
} as const;

const { critical, warning } = twoLevels;
const system = "bots-edi";
const namespace = "edi";
const here = `namespace="${namespace}"`;
const urgent = { system, namespace, severity: critical };
const normal = { system, namespace, severity: warning };

/** All replicas read the same numbers from one database: the largest rate counts, and never the sum. */
const rate = (metric: string, window = "15m") => `max by (namespace) (rate(${metric}{${here}}[${window}]))`;
/** A restore sets the counters back, which a rate takes for a burst: what a window says that holds one is not heard. */
const heard = (query: string, window = "15m") =>
  `(${query})\nunless on (namespace) max by (namespace) (resets(bots_transactions_total{${here}}[${window}])) > 0`;
const failed = (window: string) =>
  heard(`${rate("bots_errors_total", window)}\n/ (${rate("bots_transactions_total", window)} > 0)`, window);

const errors = burnRates({
  system,
  of: "errors",
  budget: ediObjectives.errorRatePercent / 100,
  row: "E14",
  bad: failed,
  severities: { fast: critical, slow: warning },
  command: `npx runbook logs ${system} --since 1h`,
});

const webserverDown = serviceDown(urgent, "bots-webserver", { name: "BotsWebserverDown", row: "E13" });

/** What is watched of EDI (E13), and its objectives (E14). */
export const ediAlerts: SystemAlerts = {
  system,
  namespace,
  severities: Object.values(twoLevels),
  records: [...errors.records, lastFailureOf(namespace), volumeUsed(namespace)],
  alerts: [
    { ...webserverDown, hides: ["TargetDown", "BotsDatabaseUnreachable"] },
    {
      ...webserverDown,
      name: "BotsRecoveryOverdue",
      threshold: { value: ediObjectives.recoveryMinutes * 60, unit: "seconds", row: "E14" },
      for: `${ediObjectives.recoveryMinutes}m`,
      summary: "{{ $labels.deployment }} is down for longer than a recovery may take.",
      command: `npx runbook restart ${system}`,
    },
    {
      name: "BotsDatabaseUnreachable",
      expr: `max by (namespace) (bots_database_up{${here}}) == 0\nor\nmax by (namespace) (mysql_up{${here}}) == 0`,
      threshold: { value: 0, unit: "count", row: "E13" },
      for: "2m",
      severity: critical,
      summary: "The database does not answer.",
      command: `npx runbook verify ${system}`,
      hides: ["BotsHighErrorRate", "BotsSlowProcessing", "ErrorBudgetBurnFast", "JobFailed"],
    },
    {
      name: "VolumeAlmostFull",
      expr: `platform:volume_used:ratio{${here}} > 0.9`,
      threshold: { value: 0.9, unit: "ratio", row: "E13" },
      for: "5m",
      severity: critical,
      summary: "Volume {{ $labels.persistentvolumeclaim }} is nearly full.",
      command: `npx runbook status ${system}`,
    },
    {
      name: "BotsHighErrorRate",
      expr: `(${failed("15m")}) > 0.05`,
      threshold: { value: 0.05, unit: "ratio", row: "E13" },
      for: "10m",
      severity: warning,
      summary: "More transactions end in an error than one in twenty.",
      command: `npx runbook logs ${system} --since 1h`,
    },
    {
      name: "BotsSlowProcessing",
      expr: `(${heard(`histogram_quantile(0.95, max by (namespace, le) (rate(bots_processing_duration_seconds_bucket{${here}}[15m])))`)}) > 120`,
      threshold: { value: 120, unit: "seconds", row: "E13" },
      for: "10m",
      severity: warning,
      summary: "One transaction in twenty takes longer than two minutes.",
      command: `npx runbook status ${system}`,
    },
    {
      name: "BotsProcessingAboveObjective",
      expr: `(${heard(`${rate("bots_processing_duration_seconds_sum")}\n/ (${rate("bots_processing_duration_seconds_count")} > 0)`)}) >= ${ediObjectives.processingSeconds}`,
      threshold: { value: ediObjectives.processingSeconds, unit: "seconds", row: "E14" },
      for: "10m",
      severity: warning,
      summary: "A transaction takes longer on average than the objective.",
      command: `npx runbook status ${system}`,
    },
    {
      name: "BotsQueueDeep",
      expr: `max by (namespace) (bots_queue_depth{${here}}) >= ${ediObjectives.queueDepth}`,
      threshold: { value: ediObjectives.queueDepth, unit: "count", row: "E14" },
      for: "10m",
      severity: warning,
      summary: "As many transactions wait as the objective allows at most.",
      command: `npx runbook run ${system} bots-engine`,
    },
    ...errors.alerts,
    jobFailed(normal, "E13"),
    backupTooOld(urgent, "bots-db-backup", "E09"),
    backupSuspended(normal, "bots-db-backup", "E09"),
    ...certificateAlerts(normal, "E08", critical),
    targetDown(normal, "E13"),
    metricsMissing(
      normal,
      [
        "bots_database_up",
        "bots_transactions_total",
        "mysql_up",
        "platform:volume_used:ratio",
        "kube_deployment_status_replicas_available",
        "kube_cronjob_created",
      ],
      "E13",
    ),
  ],
};
