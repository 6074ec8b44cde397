import type { Alert, Recording, Severity } from "./alert.ts";

/** A system, and how bad it is where something of it fails. */
interface Where {
  readonly system: string;
  readonly namespace: string;
  readonly severity: Severity;
}

const hour = 3600;
const day = 24 * hour;
/** PromQL's `namespace` matcher. */
const within = (namespace: string) => `namespace="${namespace}"`;

/** No pod of a Deployment is available. kube-state-metrics outlives the pods, which a scrape of them does not. */
export const serviceDown = (
  { system, namespace, severity }: Where,
  deployments: string,
  more: Pick<Alert, "name" | "hides"> & { readonly row: string },
): Alert => {
  const { row, ...own } = more;
  const selector = `{${within(namespace)}, deployment=~"${deployments}"}`;
  return {
    ...own,
    expr: `max by (namespace, deployment) (kube_deployment_status_replicas_available${selector}) == 0`,
    threshold: { value: 0, unit: "count", row },
    for: "1m",
    severity,
    summary: "No pod of {{ $labels.deployment }} is available.",
    command: `npx runbook status ${system}`,
  };
};

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

/** Certificates of cert-manager, whichever way Prometheus keeps the label that names their namespace. */
const certificates = (metric: string, namespace: string, more = "") =>
  `(label_replace(${metric}{exported_namespace="${namespace}"${more}}, "namespace", "${namespace}", "", "")
  or ${metric}{${within(namespace)}, exported_namespace=""${more}})`;

/** A certificate that cert-manager should have renewed, and one that it cannot issue. */
export const certificateAlerts = (
  { system, namespace, severity }: Where,
  row: string,
  broken: Severity,
): readonly Alert[] => {
  const value = 14 * day;
  const expiry = certificates("certmanager_certificate_expiration_timestamp_seconds", namespace);
  const ready = certificates("certmanager_certificate_ready_status", namespace, ', condition="True"');
  const command = `npx runbook renew ${system} {{ $labels.name }}`;
  return [
    {
      name: "CertificateExpiresSoon",
      expr: `min by (namespace, name) (${expiry}) - time() < ${value}`,
      threshold: { value, unit: "seconds", row },
      for: "1h",
      severity,
      summary: "Certificate {{ $labels.name }} expires within 14 days and was not renewed.",
      command,
    },
    {
      name: "CertificateNotReady",
      expr: `max by (namespace, name) (${ready}) == 0`,
      threshold: { value: 0, unit: "count", row },
      for: "15m",
      severity: broken,
      summary: "Certificate {{ $labels.name }} is not ready.",
      command,
    },
  ];
};

/** How full each volume is: by the measure in the pod, which works on every storage class, else by the kubelet's. */
export const volumeUsed = (namespace: string): Recording => {
  const of = (metric: string) => `max by (namespace, persistentvolumeclaim) (${metric}{${within(namespace)}})`;
  return {
    record: "platform:volume_used:ratio",
    expr: `${of("platform_volume_used_bytes")} / (${of("platform_volume_size_bytes")} > 0)
or
${of("kubelet_volume_stats_used_bytes")} / (${of("kubelet_volume_stats_capacity_bytes")} > 0)`,
  };
};

/** Memory that a container uses, as a share of its limit. */
export const memoryUsed = (namespace: string, containers: string): string => {
  const of = `${within(namespace)}, container=~"${containers}"`;
  return `max by (namespace, pod, container) (container_memory_working_set_bytes{${of}})
/ on (namespace, pod, container)
max by (namespace, pod, container) (kube_pod_container_resource_limits{${of}, resource="memory"} > 0)`;
};

/** Processor time that a container uses, as a share of its limit. */
export const cpuUsed = (namespace: string, containers: string): string => {
  const of = `${within(namespace)}, container=~"${containers}"`;
  return `sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total{${of}}[5m]))
/ on (namespace, pod, container)
max by (namespace, pod, container) (kube_pod_container_resource_limits{${of}, resource="cpu"} > 0)`;
};

/** Redis' memory as a share of what it may use; without a bound there is no share. */
export const redisMemoryUsed = (namespace: string): string =>
  `max by (namespace) (redis_memory_used_bytes{${within(namespace)}})
/ max by (namespace) (redis_memory_max_bytes{${within(namespace)}} > 0)`;

/** Reads that the cache answered, as a share of all; only where there is traffic, as nothing says nothing. */
export function cacheHitRate(namespace: string, least: number): string {
  const rate = (metric: string) => `sum by (namespace) (rate(${metric}{${within(namespace)}}[30m]))`;
  const [hits, misses] = [rate("redis_keyspace_hits_total"), rate("redis_keyspace_misses_total")];
  return `${hits} / (${hits} + ${misses}) < ${least}\nand ${hits} + ${misses} > 0.1`;
}

/** An alert that looks at a metric is silent where the metric is gone: so each has somebody who misses it. */
export const metricsMissing = (
  { system, namespace, severity }: Where,
  metrics: readonly string[],
  row: string,
): Alert => ({
  name: "MetricsMissing",
  expr: metrics
    .map((metric) => `label_replace(absent(${metric}{${within(namespace)}}), "metric", "${metric}", "", "")`)
    .join("\nor\n"),
  threshold: { value: 1, unit: "count", row },
  for: "5m",
  severity,
  summary: "Nobody tells {{ $labels.metric }} any more: alerts that need it are silent.",
  command: `npx runbook status ${system}`,
});

/** Prometheus finds a target and gets no answer of it. */
export const targetDown = ({ system, namespace, severity }: Where, row: string): Alert => ({
  name: "TargetDown",
  expr: `max by (namespace, pod) (up{${within(namespace)}}) == 0`,
  threshold: { value: 0, unit: "count", row },
  for: "5m",
  severity,
  summary: "{{ $labels.pod }} does not answer with its metrics.",
  command: `npx runbook status ${system}`,
});
