import type { SystemAlerts } from "../../alerts/alert.ts";
import { backupSuspended, backupTooOld, jobFailed, lastFailureOf } from "../../alerts/jobs.ts";
import { metricsMissing, targetDown } from "../../alerts/reach.ts";
import { p1ToP4 } from "../../alerts/severities.ts";
import { volumeUsed } from "../../alerts/usage.ts";
import { namespace, system } from "./alert-forms.ts";
import { kafkaAlerts } from "./kafka-alerts.ts";
import { programAlerts, programRecords } from "./program-alerts.ts";
import { storeAlerts } from "./store-alerts.ts";

const { P1, P3 } = p1ToP4;
const at = { system, namespace, severity: P3 };
const copies = "postgres-backup|redis-backup|kafka-backup";

/** What is watched of the shop: every number of T07, and that it and its copies are there. */
export const techbraAlerts: SystemAlerts = {
  system,
  namespace,
  severities: Object.values(p1ToP4),
  records: [...programRecords, lastFailureOf(namespace), volumeUsed(namespace)],
  alerts: [
    ...programAlerts,
    ...kafkaAlerts,
    ...storeAlerts,
    backupTooOld({ ...at, severity: P1 }, copies, "T11"),
    backupSuspended(at, copies, "T11"),
    jobFailed(at, "T11"),
    targetDown(at, "T07"),
    metricsMissing(
      at,
      [
        "http_server_requests_seconds_count",
        "kafka_consumergroup_lag",
        "pg_stat_activity_count",
        "redis_memory_used_bytes",
        "container_memory_working_set_bytes",
        "platform:volume_used:ratio",
        "kube_deployment_status_replicas_available",
      ],
      "T07",
    ),
  ],
};
