import type { V1CronJobSpec, V1JobSpec } from "@kubernetes/client-node";
import { backupOf } from "../../components/workload/labels.ts";
import { jobKinds } from "../pod-spec-walker.ts";
import type { ObjectRule, Rule } from "../rule.ts";

const base = { scope: "object", row: ["X08"], severity: "high" } as const;

const jobBounds: ObjectRule = {
  ...base,
  id: "X08-job-bounds",
  kinds: jobKinds,
  title: "Jobs end",
  rationale: "A Job without a deadline hangs for ever and blocks the next run; one without a backoff limit tries again far too often.",
  remediation: "spec:\n  activeDeadlineSeconds: 1800\n  backoffLimit: 2\n  template:\n    spec:\n      restartPolicy: Never",
  *check(object, settings) {
    const inCronJob = object.kind === "CronJob";
    const spec = inCronJob ? (object.manifest["spec"] as V1CronJobSpec | undefined)?.jobTemplate?.spec : (object.manifest["spec"] as V1JobSpec | undefined);
    const path = inCronJob ? "spec.jobTemplate.spec" : "spec";
    const bare = !inCronJob && (object.manifest.metadata?.ownerReferences ?? []).length === 0;
    const needsTtl = bare && settings["X08-job-bounds"].requireTtl;
    for (const field of ["activeDeadlineSeconds", "backoffLimit", ...(needsTtl ? ["ttlSecondsAfterFinished" as const] : [])] as const) {
      if (spec?.[field] === undefined || spec[field] === null) yield { path: `${path}.${field}`, message: `has no ${field}` };
    }
    const restartPolicy = spec?.template?.spec?.restartPolicy;
    if (restartPolicy !== "Never" && restartPolicy !== "OnFailure") {
      yield { path: `${path}.template.spec.restartPolicy`, message: `restartPolicy is ${restartPolicy ?? "missing"}, must be Never or OnFailure` };
    }
  },
};

const cronJobSchedule: ObjectRule = {
  ...base,
  id: "X08-cron-job-schedule",
  kinds: ["CronJob"],
  title: "CronJobs say when, where and how often they overlap",
  rationale: "Without a time zone 02:00 is the control plane's; overlapping backups write over each other; without history limits failures vanish.",
  remediation: "spec:\n  timeZone: Etc/UTC\n  concurrencyPolicy: Forbid\n  successfulJobsHistoryLimit: 3\n  failedJobsHistoryLimit: 3",
  *check(object) {
    const spec = (object.manifest["spec"] ?? {}) as Partial<V1CronJobSpec>;
    for (const field of ["timeZone", "concurrencyPolicy", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] as const) {
      if (spec[field] === undefined || spec[field] === null) yield { path: `spec.${field}`, message: `has no ${field}` };
    }
    if (spec.concurrencyPolicy === "Allow" && (object.labels[backupOf] ?? object.annotations[backupOf]) !== undefined) {
      yield { path: "spec.concurrencyPolicy", message: "concurrencyPolicy is Allow, and backups must not overlap" };
    }
  },
};

/** X08: Jobs and CronJobs. */
export const jobRules: readonly Rule[] = [jobBounds, cronJobSchedule];
