import { type Case, fires, hourly, series, silent } from "./case.ts";

/** Cases of what is watched of every system. */
export function commonCases(
  namespace: string,
  {
    down,
    backups,
    certificate,
    metrics,
  }: {
    /** The alert about a Deployment without pods, and one such Deployment. */
    readonly down: readonly [alert: string, deployment: string];
    readonly backups: readonly string[];
    /** @default it has none */
    readonly certificate?: string;
    /** What it misses where it is gone. */
    readonly metrics: readonly string[];
  },
): readonly Case[] {
  const [downAlert, deployment] = down;
  const available = series("kube_deployment_status_replicas_available", { namespace, deployment });
  const pod = `${deployment}-a`;
  const up = series("up", { namespace, pod, job: "pods" });
  const of = (metric: string) => series(metric, { namespace });
  const [first, ...others] = metrics;
  return [
    fires(downAlert, "no pod is available, and nothing answers a scrape any more", { [available]: "0x10" }, "5m", {
      namespace,
      deployment,
    }),
    silent(downAlert, "one pod is available", { [available]: "1x10" }, "5m"),
    fires("TargetDown", "a pod does not answer a scrape", { [up]: "0x10" }, "7m", { namespace, pod }),
    silent("TargetDown", "a pod answers again after a minute", { [up]: "1x2 0 1x7" }, "7m"),
    ...metrics.map((missing) =>
      fires(
        "MetricsMissing",
        `nobody tells ${missing}`,
        Object.fromEntries(metrics.filter((metric) => metric !== missing).map((metric) => [of(metric), "1x10"])),
        "7m",
        { namespace, metric: missing },
      ),
    ),
    silent(
      "MetricsMissing",
      "all are told",
      Object.fromEntries([first!, ...others].map((metric) => [of(metric), "1x10"])),
      "7m",
    ),
    ...backups.flatMap((cronjob) => backupCases(namespace, cronjob)),
    ...failedJobs(namespace, backups[0]!),
    ...(certificate === undefined ? [] : certificateCases(namespace, certificate)),
  ];
}

function backupCases(namespace: string, cronjob: string): readonly Case[] {
  const created = series("kube_cronjob_created", { namespace, cronjob });
  const success = series("kube_cronjob_status_last_successful_time", { namespace, cronjob });
  const suspended = series("kube_cronjob_spec_suspend", { namespace, cronjob });
  const weekly = cronjob === "configuration-backup";
  const [alert, limit] = weekly
    ? (["ConfigurationBackupTooOld", 7 * 24 + 2] as const)
    : (["BackupTooOld", 26] as const);
  const moment = (hours: number, fire: boolean) => ({ at: `${hours}h`, fires: fire ? [{ namespace, cronjob }] : [] });
  return [
    {
      alert,
      name: `${cronjob} has never made a copy`,
      step: "1h",
      series: { [created]: `0x${limit + 5}` },
      looks: [moment(limit - 1, false), moment(limit + 1, true)],
    },
    {
      alert,
      name: `${cronjob} made its last copy after ten hours, and was made long before`,
      step: "1h",
      series: { [created]: `0x${limit + 20}`, [success]: `0x9 36000x${limit + 10}` },
      looks: [moment(limit + 9, false), moment(limit + 11, true)],
    },
    hourly(
      fires("BackupSuspended", `${cronjob} is suspended for hours`, { [suspended]: "1x5" }, "3h", {
        namespace,
        cronjob,
      }),
    ),
    hourly(silent("BackupSuspended", `${cronjob} runs by its schedule`, { [suspended]: "0x5" }, "3h")),
  ];
}

/** A failed Job stays for history: what counts is whether a run has succeeded since. */
function failedJobs(namespace: string, cronjob: string): readonly Case[] {
  const job = { namespace, job_name: `${cronjob}-1` };
  const failed = {
    [series("kube_job_status_start_time", job)]: "600x60",
    [series("kube_job_failed", { ...job, condition: "true" })]: "1x60",
    [series("kube_job_failed", { ...job, condition: "false" })]: "0x60",
    [series("kube_job_owner", { ...job, owner_kind: "CronJob", owner_name: cronjob, owner_is_controller: "true" })]:
      "1x60",
  };
  const success = series("kube_cronjob_status_last_successful_time", { namespace, cronjob });
  return [
    {
      alert: "JobFailed",
      name: "a run fails, and a later one succeeds while the failed Job is still there",
      series: { ...failed, [success]: "300x20 1500x39" },
      looks: [
        { at: "15m", fires: [{ namespace, cronjob }] },
        { at: "30m", fires: [] },
      ],
    },
    fires("JobFailed", "the first run fails, and none has ever succeeded", failed, "15m", { namespace, cronjob }),
  ];
}

function certificateCases(namespace: string, name: string): readonly Case[] {
  const seen = { namespace: "cert-manager", exported_namespace: namespace, name };
  const expiry = "certmanager_certificate_expiration_timestamp_seconds";
  const ready = (condition: string) => series("certmanager_certificate_ready_status", { ...seen, condition });
  const labels = { namespace, name };
  const soon = 14 * 86_400 + 2 * 3600;
  return [
    {
      alert: "CertificateExpiresSoon",
      name: "a certificate comes within 14 days of its end",
      step: "1h",
      series: { [series(expiry, seen)]: `${soon}x10` },
      looks: [
        { at: "1h", fires: [] },
        { at: "5h", fires: [labels] },
      ],
    },
    hourly(
      fires(
        "CertificateExpiresSoon",
        "the scrape keeps the certificate's own namespace",
        { [series(expiry, { namespace, name })]: `${soon}x10` },
        "5h",
        labels,
      ),
    ),
    hourly(
      silent(
        "CertificateExpiresSoon",
        "a certificate is renewed in time",
        { [series(expiry, seen)]: `${soon}x2 ${90 * 86_400}x8` },
        "5h",
      ),
    ),
    fires(
      "CertificateNotReady",
      "a certificate cannot be issued",
      { [ready("True")]: "0x20", [ready("False")]: "1x20" },
      "17m",
      labels,
    ),
    silent(
      "CertificateNotReady",
      "a certificate is ready",
      { [ready("True")]: "1x20", [ready("False")]: "0x20" },
      "17m",
    ),
  ];
}
