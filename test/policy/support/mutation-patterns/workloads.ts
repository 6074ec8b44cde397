import { backupOf } from "../../../../components/workload/labels.ts";
import type { Manifest } from "../../../../policies/model/kubernetes-object.ts";
import { longRunningKinds } from "../../../../policies/model/pod-spec-walker.ts";
import { by, field, kept, onlyWhere, patternsOf } from "../mutation-pattern.ts";

const isBackup = ({ metadata }: Manifest) => metadata?.labels?.[backupOf] !== undefined;

const controllers = patternsOf(
  longRunningKinds,
  kept("spec.template.metadata.labels", { app: "another" }),
  kept(
    "spec.replicas",
    by("1", (replicas: number) => (replicas > 1 ? 1 : undefined)),
  ),
  kept("spec.strategy", { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } }),
  kept("spec.revisionHistoryLimit", 0),
);

const jobs = patternsOf(
  ["Job"],
  field("spec.activeDeadlineSeconds", 864000),
  field("spec.backoffLimit", 1000),
  kept("spec.template.spec.restartPolicy", "Always"),
  kept("spec.template.metadata.labels", { app: "another" }),
);

const cronJobs = patternsOf(
  ["CronJob"],
  field("spec.timeZone"),
  field("spec.concurrencyPolicy", "Allow"),
  field("spec.successfulJobsHistoryLimit", 0),
  field("spec.failedJobsHistoryLimit", 0),
  field("spec.startingDeadlineSeconds", 5),
  kept("spec.schedule", "0 0 31 2 *"),
  field("spec.jobTemplate.spec.activeDeadlineSeconds", 864000),
  field("spec.jobTemplate.spec.backoffLimit", 1000),
  kept("spec.jobTemplate.spec.template.spec.restartPolicy", "Always"),
  kept("spec.jobTemplate.spec.template.metadata.labels", { app: "another" }),
);

const backups = onlyWhere(
  isBackup,
  patternsOf(
    ["CronJob"],
    field(""),
    field("metadata.labels"),
    kept("spec.suspend", true),
    field("spec.jobTemplate.spec.template.spec.initContainers"),
    field("spec.jobTemplate.spec.template.spec.initContainers[name=verify]"),
    kept(
      "metadata.labels",
      by("of another store", (labels: object) => ({ ...labels, [backupOf]: "another" })),
    ),
  ),
);

const bare = patternsOf(
  ["Deployment"],
  kept(
    "",
    by("a Pod of its own", ({ metadata, ...rest }: Manifest) => {
      const { template } = rest["spec"] as { template: { metadata: object; spec: object } };
      return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, ...template.metadata }, spec: template.spec };
    }),
  ),
);

/** What protects what makes pods. */
export const workloadPatterns = [...controllers, ...jobs, ...cronJobs, ...backups, ...bare];
