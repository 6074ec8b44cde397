import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Annotated, type Excepted, exceptionsFor } from "./exceptions.ts";
import { type PodArgs, podTemplate } from "./pod.ts";
import { claimsScratch } from "./scratch.ts";
import { type Duration, seconds } from "./units.ts";

/** A cron schedule and the time zone it is meant in. */
export interface Schedule {
  /** Five cron fields, such as "0 2 * * *". */
  readonly cron: string;
  /** An IANA name; without one the controller's own zone would decide. @default "Etc/UTC" */
  readonly timeZone?: string;
}

export interface JobArgs extends Omit<PodArgs, "serviceAccount">, Excepted {
  readonly namespace: pulumi.Input<string>;
  /** The whole job has failed when it runs longer than this (X08). */
  readonly deadline: Duration;
  /** Tries after the first one. @default 2 */
  readonly retries?: number;
  /**
   * Container whose failure fails the job at once, as a run from the start would only repeat what went well.
   * @default each failure is tried again
   */
  readonly lastStep?: string;
}

/**
 * A program that runs once for each content: name it with a hash of what it does, and a change runs it anew while an
 * unchanged one is left alone. A failed one is replaced by the next update.
 */
export class Job extends pulumi.ComponentResource {
  readonly job: k8s.batch.v1.Job;

  constructor(name: string, args: JobArgs & { readonly jobName: string }, options?: pulumi.ComponentResourceOptions) {
    super("platform:workload:Job", name, {}, options);
    const excepted = exceptionsFor(name, args, ["Job", "ServiceAccount"]);
    const account = serviceAccount(name, args, excepted("ServiceAccount"), this);
    this.job = awaitedJob(
      args.jobName,
      jobSpec(name, args),
      args,
      excepted("Job"),
      { parent: this, dependsOn: [account] },
      name,
    );
    this.registerOutputs({ job: this.job.metadata.name });
  }
}

export interface ScheduledJobArgs extends JobArgs {
  readonly schedule: Schedule;
  readonly controllerLabels?: Readonly<Record<string, string>>;
  /** Runs of the job that are kept to be looked at. @default { succeeded: 3, failed: 3 } */
  readonly history?: { readonly succeeded: number; readonly failed: number };
  /** No run is started until this is false again. @default false */
  readonly suspended?: boolean;
}

/** A job on a schedule. Two runs never overlap; a run missed for more than an hour is not made up for. */
export class ScheduledJob extends pulumi.ComponentResource {
  readonly cronJob: k8s.batch.v1.CronJob;
  private readonly name: string;
  private readonly args: JobArgs;

  constructor(name: string, args: ScheduledJobArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:workload:ScheduledJob", name, {}, options);
    this.name = name;
    this.args = args;
    const excepted = exceptionsFor(name, args, ["CronJob", "ServiceAccount"]);
    const account = serviceAccount(name, args, excepted("ServiceAccount"), this);
    const history = args.history ?? { succeeded: 3, failed: 3 };
    this.cronJob = new k8s.batch.v1.CronJob(
      name,
      {
        metadata: {
          name,
          namespace: args.namespace,
          labels: { ...args.labels, ...args.controllerLabels },
          ...excepted("CronJob"),
        },
        spec: {
          schedule: args.schedule.cron,
          timeZone: args.schedule.timeZone ?? "Etc/UTC",
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 3600,
          successfulJobsHistoryLimit: history.succeeded,
          failedJobsHistoryLimit: history.failed,
          suspend: args.suspended ?? false,
          jobTemplate: { metadata: { labels: args.labels }, spec: jobSpec(name, args) },
        },
      },
      { parent: this, dependsOn: [account] },
    );
    this.registerOutputs({ cronJob: this.cronJob.metadata.name });
  }

  /**
   * Runs the job's own template as Job `<name>-<suffix>`, once in the life of the stack and after `after`; the update
   * waits for it. Later
   * changes of the template leave the finished run alone. A failed one is replaced by the next update, with the
   * template of that time.
   */
  runOnce(suffix: string, after: readonly pulumi.Resource[]): void {
    const { name, args } = this;
    // Its pods are the schedule's, and so are its exceptions; those go on changing, because one that has ended would be
    // a finding for ever.
    const excepted = exceptionsFor(name, args, ["CronJob", "ServiceAccount"])("CronJob");
    awaitedJob(`${name}-${suffix}`, jobSpec(name, args), args, excepted, {
      parent: this,
      dependsOn: [this.cronJob, ...after],
      ignoreChanges: ["metadata.name", "metadata.namespace", "metadata.labels", "spec"],
    });
  }
}

/** A Job that an update waits for, and replaces when it has failed. */
function awaitedJob(
  jobName: string,
  spec: ReturnType<typeof jobSpec>,
  args: JobArgs,
  { annotations }: Annotated,
  options: pulumi.CustomResourceOptions,
  resourceName = jobName,
): k8s.batch.v1.Job {
  const timeout = `${seconds(args.deadline) + 60}s`;
  return new k8s.batch.v1.Job(
    resourceName,
    {
      metadata: {
        name: jobName,
        namespace: args.namespace,
        labels: args.labels,
        annotations: { "pulumi.com/replaceUnready": "true", ...annotations },
      },
      spec,
    },
    { ...options, deleteBeforeReplace: true, customTimeouts: { create: timeout, update: timeout } },
  );
}

function jobSpec(serviceAccountName: string, args: JobArgs) {
  return {
    activeDeadlineSeconds: seconds(args.deadline),
    backoffLimit: args.retries ?? 2,
    ...(args.lastStep && {
      podFailurePolicy: {
        rules: [{ action: "FailJob", onExitCodes: { containerName: args.lastStep, operator: "NotIn", values: [0] } }],
      },
    }),
    // A finished pod keeps its scratch claim until it is deleted: long enough to look at a night's failure, and gone
    // before the next night.
    ...(claimsScratch([...(args.initContainers ?? []), ...args.containers]) && {
      ttlSecondsAfterFinished: seconds("12h"),
    }),
    template: podTemplate({ ...args, serviceAccount: serviceAccountName }, "Never"),
  };
}

function serviceAccount(
  name: string,
  args: JobArgs,
  exceptions: Annotated,
  parent: pulumi.Resource,
): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(
    name,
    {
      metadata: { name, namespace: args.namespace, labels: args.labels, ...exceptions },
      automountServiceAccountToken: false,
    },
    { parent },
  );
}
