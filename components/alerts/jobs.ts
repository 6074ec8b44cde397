import type { Alert, Recording } from "./alert.ts";
import { type Where, within } from "./where.ts";

const hour = 3600;
const day = 24 * hour;

/** Seconds since the last success of CronJobs, or since they were made where they never had one. */
const sinceSuccess = (namespace: string, cronJobs: string) => {
  const selector = `{${within(namespace)}, cronjob=~"${cronJobs}"}`;
  const last = `max by (namespace, cronjob) (kube_cronjob_status_last_successful_time${selector})`;
  const made = `max by (namespace, cronjob) (kube_cronjob_created${selector})`;
  return `((time() - ${last}) or (time() - ${made}))`;
};

/** The newest verified copy is too old: a backup's CronJob succeeds only after it has verified its copy. */
export const backupTooOld = (
  { system, namespace, severity }: Where,
  cronJobs: string,
  row: string,
  { name = "BackupTooOld", every = day } = {},
): Alert => {
  const value = every + 2 * hour;
  return {
    name,
    expr: `${sinceSuccess(namespace, cronJobs)} > ${value}`,
    threshold: { value, unit: "seconds", row },
    severity,
    summary: "{{ $labels.cronjob }} has made no verified copy for longer than its schedule allows.",
    command: `npx runbook run ${system} {{ $labels.cronjob }}`,
  };
};

/** A backup's schedule was stopped and forgotten. */
export const backupSuspended = ({ system, namespace, severity }: Where, cronJobs: string, row: string): Alert => ({
  name: "BackupSuspended",
  expr: `max by (namespace, cronjob) (kube_cronjob_spec_suspend{${within(namespace)}, cronjob=~"${cronJobs}"}) == 1`,
  threshold: { value: 1, unit: "count", row },
  for: "1h",
  severity,
  summary: "The schedule of {{ $labels.cronjob }} is suspended: no copies are made.",
  command: `npx runbook resume ${system} {{ $labels.cronjob }}`,
});

/** A failed Job stays for history, so its start is held against the last success. */
const lastFailure = "platform:job_last_failure:timestamp_seconds";

/** When the newest failed Job of each CronJob began. */
export const lastFailureOf = (namespace: string): Recording => ({
  record: lastFailure,
  expr: `max by (namespace, cronjob) (
  label_replace(
    (max by (namespace, job_name) (kube_job_status_start_time{${within(namespace)}})
      and on (namespace, job_name) kube_job_failed{${within(namespace)}, condition="true"} == 1)
    * on (namespace, job_name) group_left (owner_name)
    max by (namespace, job_name, owner_name) (kube_job_owner{${within(namespace)}, owner_kind="CronJob"}),
    "cronjob", "$1", "owner_name", "(.+)"
  )
)`,
});

/** A CronJob failed, and has not succeeded since. */
export const jobFailed = ({ system, namespace, severity }: Where, row: string): Alert => {
  const failure = `${lastFailure}{${within(namespace)}}`;
  const success = `max by (namespace, cronjob) (kube_cronjob_status_last_successful_time{${within(namespace)}})`;
  return {
    name: "JobFailed",
    expr: `((${failure} - on (namespace, cronjob) ${success}) or on (namespace, cronjob) ${failure}) > 0`,
    threshold: { value: 0, unit: "seconds", row },
    severity,
    summary: "The last run of {{ $labels.cronjob }} failed, and none has succeeded since.",
    command: `npx runbook run ${system} {{ $labels.cronjob }}`,
  };
};
