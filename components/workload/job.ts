import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type PodArgs, podTemplate } from "./pod.ts";
import { type Duration, seconds } from "./units.ts";

/** A cron schedule and the time zone it is meant in. */
export interface Schedule {
  /** Five cron fields, such as "0 2 * * *". */
  readonly cron: string;
  /** An IANA name; without one the controller's own zone would decide. @default "Etc/UTC" */
  readonly timeZone?: string;
}

export interface JobArgs extends Omit<PodArgs, "serviceAccount"> {
  readonly namespace: pulumi.Input<string>;
  /** The whole job has failed when it runs longer than this (X08). */
  readonly deadline: Duration;
  /** Tries after the first one. @default 2 */
  readonly retries?: number;
  /** Container whose failure fails the job at once, as a run from the start would only repeat what went well. @default each failure is tried again */
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
    const account = serviceAccount(name, args, this);
    this.job = new k8s.batch.v1.Job(name, {
      metadata: {
        name: args.jobName,
        namespace: args.namespace,
        labels: args.labels,
        annotations: { "pulumi.com/replaceUnready": "true" },
      },
      spec: jobSpec(name, args),
    }, {
      parent: this,
      dependsOn: [account],
      deleteBeforeReplace: true,
      customTimeouts: { create: `${seconds(args.deadline) + 60}s`, update: `${seconds(args.deadline) + 60}s` },
    });
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

  constructor(name: string, args: ScheduledJobArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:workload:ScheduledJob", name, {}, options);
    const account = serviceAccount(name, args, this);
    const history = args.history ?? { succeeded: 3, failed: 3 };
    this.cronJob = new k8s.batch.v1.CronJob(name, {
      metadata: { name, namespace: args.namespace, labels: { ...args.labels, ...args.controllerLabels } },
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
    }, { parent: this, dependsOn: [account] });
    this.registerOutputs({ cronJob: this.cronJob.metadata.name });
  }
}

function jobSpec(serviceAccountName: string, args: JobArgs) {
  return {
    activeDeadlineSeconds: seconds(args.deadline),
    backoffLimit: args.retries ?? 2,
    ...(args.lastStep && { podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { containerName: args.lastStep, operator: "NotIn", values: [0] } }] } }),
    template: podTemplate({ ...args, serviceAccount: serviceAccountName }, "Never"),
  };
}

function serviceAccount(name: string, args: JobArgs, parent: pulumi.Resource): k8s.core.v1.ServiceAccount {
  return new k8s.core.v1.ServiceAccount(name, {
    metadata: { name, namespace: args.namespace, labels: args.labels },
    automountServiceAccountToken: false,
  }, { parent });
}
