import type { V1CronJobSpec, V1JobSpec } from "@kubernetes/client-node";
import { volumes } from "../../cel/pods.ts";
import { isTimeZone, scheduleProblem } from "../../model/cron.ts";
import { isBackup } from "../../cel/data-stores.ts";
import { copiedStore } from "../../facts/data-stores.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { jobKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule } from "../rule.ts";

const base = { scope: "object", row: ["X08"], severity: "high" } as const;

/** CEL of the Job's spec, that of a CronJob inside. */
const jobSpec = (field: string) =>
  `(object.kind == "CronJob" ? object.spec.jobTemplate.spec.?${field} : object.spec.?${field})`;

const jobBounds: ObjectRule = {
  ...base,
  id: "X08-job-bounds",
  kinds: jobKinds,
  title: "Jobs set activeDeadlineSeconds and backoffLimit",
  rationale:
    "A Job without a deadline hangs for ever and blocks the next run; one without a backoff limit tries again far too often.",
  remediation:
    "spec:\n  activeDeadlineSeconds: 1800\n  backoffLimit: 2\n  template:\n    spec:\n      restartPolicy: Never",
  sources: { scanners: ["kube-linter job-ttl-seconds-after-finished", "kube-score cronjob-restartpolicy"] },
  admission: ({ "X08-job-bounds": { requireTtl } }) => [
    ...["activeDeadlineSeconds", "backoffLimit"].map((field) => ({
      expression: `${jobSpec(field)}.hasValue()`,
      message: `has no ${field}`,
    })),
    ...(requireTtl
      ? [
          {
            expression:
              'object.kind == "CronJob" || object.metadata.?ownerReferences.orValue([]).size() > 0 || object.spec.?ttlSecondsAfterFinished.hasValue()',
            message: "has no ttlSecondsAfterFinished",
          },
        ]
      : []),
    {
      expression: 'variables.pod.?restartPolicy.orValue("missing") in ["Never", "OnFailure"]',
      message: "restartPolicy is not Never or OnFailure",
    },
  ],
  *check(object, settings) {
    const inCronJob = object.kind === "CronJob";
    const spec = inCronJob ? cronSpec(object).jobTemplate?.spec : (object.manifest["spec"] as V1JobSpec | undefined);
    const path = inCronJob ? "spec.jobTemplate.spec" : "spec";
    const bare = !inCronJob && (object.manifest.metadata?.ownerReferences ?? []).length === 0;
    const needsTtl = bare && settings["X08-job-bounds"].requireTtl;
    for (const field of [
      "activeDeadlineSeconds",
      "backoffLimit",
      ...(needsTtl ? ["ttlSecondsAfterFinished" as const] : []),
    ] as const) {
      if (spec?.[field] === undefined || spec[field] === null)
        yield { path: `${path}.${field}`, message: `has no ${field}` };
    }
    const restartPolicy = spec?.template?.spec?.restartPolicy;
    if (restartPolicy !== "Never" && restartPolicy !== "OnFailure") {
      yield {
        path: `${path}.template.spec.restartPolicy`,
        message: `restartPolicy is ${restartPolicy ?? "missing"}, must be Never or OnFailure`,
      };
    }
  },
};

const scheduleFields = [
  "timeZone",
  "concurrencyPolicy",
  "successfulJobsHistoryLimit",
  "failedJobsHistoryLimit",
] as const;

const cronJobSchedule: ObjectRule = {
  ...base,
  id: "X08-cron-job-schedule",
  kinds: ["CronJob"],
  title: "CronJobs set timeZone, concurrencyPolicy and history limits",
  rationale:
    "Without timeZone the control plane's own zone counts; overlapping backups overwrite each other; without history limits failures disappear.",
  remediation:
    "spec:\n  timeZone: Etc/UTC\n  concurrencyPolicy: Forbid\n  successfulJobsHistoryLimit: 3\n  failedJobsHistoryLimit: 3",
  admission: [
    ...scheduleFields.map((field) => ({ expression: `object.spec.?${field}.hasValue()`, message: `has no ${field}` })),
    {
      expression: `!${isBackup} || object.spec.?concurrencyPolicy.orValue("") != "Allow"`,
      message: "concurrencyPolicy is Allow, and backups must not overlap",
    },
  ],
  *check(object) {
    const spec = cronSpec(object);
    for (const field of scheduleFields) {
      if (spec[field] === undefined || spec[field] === null)
        yield { path: `spec.${field}`, message: `has no ${field}` };
    }
    if (spec.concurrencyPolicy === "Allow" && copiedStore(object) !== undefined) {
      yield { path: "spec.concurrencyPolicy", message: "concurrencyPolicy is Allow, and backups must not overlap" };
    }
  },
};

const readableSchedule: ObjectRule = {
  ...base,
  id: "X08-cron-job-time",
  kinds: ["CronJob"],
  title: "CronJobs have a valid schedule and timeZone",
  rationale: "An API server refuses any other, and the job that was there before goes on by its old schedule.",
  remediation:
    'spec:\n  schedule: "0 2 * * *"   # minute, hour, day of the month, month, day of the week\n  timeZone: Europe/Berlin',
  admission: { beyondCel: "The API server refuses such a CronJob by itself." },
  *check(object) {
    const { schedule, timeZone } = cronSpec(object);
    const problem = schedule ? scheduleProblem(schedule) : "is missing";
    if (problem !== undefined)
      yield { path: "spec.schedule", message: schedule ? `schedule "${schedule}" ${problem}` : "has no schedule" };
    if (timeZone && (timeZone === "Local" || !isTimeZone(timeZone)))
      yield { path: "spec.timeZone", message: `there is no timeZone "${timeZone}"` };
  },
};

const startingDeadline: ObjectRule = {
  ...base,
  id: "X08-cron-job-deadline",
  kinds: ["CronJob"],
  severity: "medium",
  title: "CronJobs set startingDeadlineSeconds",
  rationale:
    "Without it a controller that was away starts last night's run at noon, or after a hundred missed ones none at all; below ten seconds it may miss each.",
  remediation: "spec:\n  startingDeadlineSeconds: 3600",
  sources: { scanners: ["kube-score cronjob-has-deadline"] },
  admission: [
    {
      expression: "has(object.spec.startingDeadlineSeconds) && object.spec.startingDeadlineSeconds >= 10",
      message: "startingDeadlineSeconds is not set, or below 10",
    },
  ],
  *check(object) {
    const { startingDeadlineSeconds: seconds } = cronSpec(object);
    if (!(Number(seconds) >= 10))
      yield {
        path: "spec.startingDeadlineSeconds",
        message: `startingDeadlineSeconds is ${seconds ?? "not set"}, must be at least 10`,
      };
  },
};

const sharedFiles: ObjectRule = {
  ...base,
  id: "E03-one-run-at-a-time",
  kinds: ["CronJob"],
  row: ["E03"],
  title: "CronJobs that work on a shared volume run one at a time",
  rationale:
    "Two runs of an engine on the same files take the same message twice, and each deletes what the other reads.",
  remediation: "spec:\n  concurrencyPolicy: Forbid",
  admission: [
    {
      expression: `${isBackup} || object.spec.?concurrencyPolicy.orValue("") != "Allow" || !${volumes}.exists(volume, has(volume.persistentVolumeClaim))`,
      message: "works on a volume claim, and concurrencyPolicy is Allow",
    },
  ],
  *check(object) {
    if (cronSpec(object).concurrencyPolicy !== "Allow" || copiedStore(object) !== undefined) return; // a backup is X08-cron-job-schedule's
    const claim = (podOf(object)?.spec.volumes ?? []).find(({ persistentVolumeClaim }) => persistentVolumeClaim)
      ?.persistentVolumeClaim?.claimName;
    if (claim !== undefined)
      yield {
        path: "spec.concurrencyPolicy",
        message: `works on the volume claim ${claim}, and concurrencyPolicy is Allow`,
      };
  },
};

function cronSpec(object: KubernetesObject): Partial<V1CronJobSpec> {
  return (object.manifest["spec"] ?? {}) as Partial<V1CronJobSpec>;
}

/** X08: Jobs and CronJobs. */
export const jobRules: readonly Rule[] = [jobBounds, cronJobSchedule, readableSchedule, startingDeadline, sharedFiles];
