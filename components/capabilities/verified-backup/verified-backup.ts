import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { keptOfClaims } from "../../workload/claims.ts";
import type { ContainerArgs, Mount } from "../../workload/container.ts";
import { type Excepted, exceptionsFor } from "../../workload/exceptions.ts";
import { type Schedule, ScheduledJob } from "../../workload/job.ts";
import { backupOf } from "../../workload/labels.ts";
import type { Identity } from "../../workload/pod.ts";
import type { Duration, Size } from "../../workload/units.ts";
import { scripts } from "../scripts.ts";
import { deadlineFor, scratchFor } from "./size.ts";
import type { ToolContainer } from "./tool-container.ts";
import { type S3Copy, upload } from "./upload.ts";

/** The runbooks' numbers; each can be changed per stack. */
export const backupDefaults = {
  /** B10, P06, E09, G08: daily at two in the morning. */
  schedule: { cron: "0 2 * * *", timeZone: "Etc/UTC" },
  storage: "10Gi",
  /** E09. */
  keepDays: 30,
  /** Verified copies that are kept however old they are (B11). */
  keepAtLeast: 7,
} as const;

/** What a stack can set about a backup. */
export interface BackupArgs extends Excepted {
  readonly schedule?: Schedule;
  readonly storage?: Size;
  readonly keepDays?: number;
  readonly keepAtLeast?: number;
  /** @default by the size of the data, see {@link deadlineFor} */
  readonly deadline?: Duration | undefined;
  /** Room for a scratch server that holds the restored data. @default twice the size of the data */
  readonly scratch?: Size | undefined;
  /** @default copies stay on their volume, which is one disk: production stacks set this (B11). */
  readonly s3?: S3Copy;
}

/** Scripts that every backup needs beside its own. */
export const backupScripts = (): Record<string, string> => scripts(import.meta.dirname);

export interface VerifiedBackupArgs extends BackupArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the workload whose data is copied. */
  readonly of: string;
  /** The most that its data can take on a disk. */
  readonly dataSize: Size;
  readonly storageClass?: string;
  readonly retainData: boolean;
  readonly identity: Identity;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Labels of the job's pods. @default `{ app: <name> }` */
  readonly labels?: Readonly<Record<string, string>>;
  /** Name of the claim that holds the copies. @default the backup's own name */
  readonly claimName?: string;
  readonly tool: ToolContainer;
  readonly imagePullSecrets?: readonly string[] | undefined;
  /**
   * What makes a copy below `$BACKUPS/incoming` and moves it to `$BACKUPS/verified` once it is proven to restore, in
   * order. The copies' volume is at `copies.path` of each that asks for it, and room for the restored data at
   * `/scratch`.
   */
  readonly steps: (copies: Mount, env: { readonly BACKUPS: string }, scratch: Mount) => readonly ContainerArgs[];
}

/**
 * Copies data, restores the copy into a scratch server and compares it, and only then prunes (B10, B11, E10, G14):
 * containers in a row, where a failure of one fails the job and leaves all older copies as they are.
 */
export class VerifiedBackup extends pulumi.ComponentResource {
  readonly cronJob: ScheduledJob;
  readonly claim: k8s.core.v1.PersistentVolumeClaim;

  constructor(name: string, args: VerifiedBackupArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:VerifiedBackup", name, {}, options);
    const labels = args.labels ?? { app: name };
    const claimName = args.claimName ?? name;
    const copies = { path: "/backups", claim: claimName };
    const env = { BACKUPS: "/backups" };
    const scratch = {
      path: "/scratch",
      scratch: args.scratch ?? scratchFor(args.dataSize),
      storageClass: args.storageClass,
    };
    const excepted = exceptionsFor(name, args, ["CronJob", "PersistentVolumeClaim", "ServiceAccount"]);
    this.claim = new k8s.core.v1.PersistentVolumeClaim(
      claimName,
      {
        metadata: {
          name: claimName,
          namespace: args.namespace,
          labels,
          // Storage classes that wait for the first consumer bind it when the first job runs.
          annotations: { "pulumi.com/skipAwait": "true", ...excepted("PersistentVolumeClaim").annotations },
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          ...(args.storageClass && { storageClassName: args.storageClass }),
          resources: { requests: { storage: args.storage ?? backupDefaults.storage } },
        },
      },
      { parent: this, protect: args.retainData, ignoreChanges: [...keptOfClaims] },
    );
    const keep = {
      KEEP_DAYS: String(args.keepDays ?? backupDefaults.keepDays),
      KEEP_AT_LEAST: String(args.keepAtLeast ?? backupDefaults.keepAtLeast),
    };
    const prune = args.tool("prune", { ...env, ...keep }, [copies]);
    const deadline = args.deadline ?? deadlineFor(args.dataSize);
    this.cronJob = new ScheduledJob(
      name,
      {
        namespace: args.namespace,
        schedule: args.schedule ?? backupDefaults.schedule,
        labels,
        controllerLabels: { [backupOf]: args.of },
        identity: args.identity,
        imagePullSecrets: args.imagePullSecrets,
        ...(args.annotations && { annotations: args.annotations }),
        exceptions: Object.fromEntries(
          Object.entries(args.exceptions ?? {}).filter(([, { on }]) => on !== "PersistentVolumeClaim"),
        ),
        deadline,
        retries: 1,
        // The upload is last, and a failure of it repeats nothing: the bucket cannot hold up what happens on the
        // volume.
        ...(args.s3
          ? {
              initContainers: [...args.steps(copies, env, scratch), prune],
              containers: [upload(args.s3, args.tool, copies, env, deadline)],
              lastStep: "upload",
            }
          : { initContainers: args.steps(copies, env, scratch), containers: [prune] }),
      },
      { parent: this, dependsOn: [this.claim] },
    );
    this.registerOutputs({ schedule: this.cronJob.cronJob.spec.schedule });
  }

  /**
   * Makes the first verified copy once there is something to copy: after what the backup itself waits for, and `after`.
   * An update ends behind it.
   */
  first(after: readonly pulumi.Resource[] = []): void {
    this.cronJob.runOnce("first", after);
  }
}
