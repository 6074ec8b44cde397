import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Credential } from "../../capabilities/credential.ts";
import { images } from "../../images.ts";
import type { ContainerArgs } from "../../workload/container.ts";
import { type Schedule, ScheduledJob } from "../../workload/job.ts";
import { backupOf } from "../../workload/labels.ts";
import type { Duration, Size } from "../../workload/units.ts";
import { postgresIdentity, type ToolContainer } from "./postgres.ts";

/** The runbook's numbers; each can be changed per stack. */
export const backupDefaults = {
  /** B10: daily at two in the morning. */
  schedule: { cron: "0 2 * * *", timeZone: "Etc/UTC" },
  storage: "10Gi",
  keepDays: 30,
  /** Verified copies that are kept however old they are (B11). */
  keepAtLeast: 7,
  deadline: "2h",
  /** Room for a scratch server that holds the restored database. */
  scratch: "4Gi",
} as const;

/** A bucket that verified copies are copied to, and the Secret with `access-key-id` and `secret-access-key`. */
export interface S3Copy {
  /** Addresses the endpoint answers from: the only ones the job may reach besides the database. */
  readonly cidr: string;
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly credentialsSecret: string;
}

export interface BackupArgs {
  readonly schedule?: Schedule;
  readonly storage?: Size;
  readonly keepDays?: number;
  readonly keepAtLeast?: number;
  readonly deadline?: Duration;
  readonly scratch?: Size;
  /** @default copies stay on their volume, which is one disk: production stacks set this (B11). */
  readonly s3?: S3Copy;
}

interface PostgresBackupArgs extends BackupArgs {
  readonly of: string;
  readonly namespace: pulumi.Input<string>;
  readonly storageClass?: string;
  readonly retainData: boolean;
  readonly connection: Readonly<Record<string, string>>;
  readonly credential: Credential;
  readonly tool: ToolContainer;
}

/**
 * Dumps, restores the dump into a scratch server and compares it, and only then prunes (B10, B11): three containers in a
 * row, where a failure of one fails the job and leaves all older copies as they are.
 */
export class PostgresBackup extends pulumi.ComponentResource {
  readonly cronJob: ScheduledJob;
  readonly claim: k8s.core.v1.PersistentVolumeClaim;

  constructor(name: string, args: PostgresBackupArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:data:PostgresBackup", name, {}, options);
    const labels = { app: name };
    const copies = { path: "/backups", claim: name };
    const env = { BACKUPS: "/backups" };
    this.claim = new k8s.core.v1.PersistentVolumeClaim(name, {
      metadata: {
        name,
        namespace: args.namespace,
        labels,
        // Storage classes that wait for the first consumer bind it when the first job runs.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(args.storageClass && { storageClassName: args.storageClass }),
        resources: { requests: { storage: args.storage ?? backupDefaults.storage } },
      },
    }, { parent: this, protect: args.retainData });
    const keep = { KEEP_DAYS: String(args.keepDays ?? backupDefaults.keepDays), KEEP_AT_LEAST: String(args.keepAtLeast ?? backupDefaults.keepAtLeast) };
    const prune = args.tool("prune", { ...env, ...keep }, [copies]);
    this.cronJob = new ScheduledJob(name, {
      namespace: args.namespace,
      schedule: args.schedule ?? backupDefaults.schedule,
      labels,
      controllerLabels: { [backupOf]: args.of },
      identity: postgresIdentity,
      annotations: args.credential.generation,
      deadline: args.deadline ?? backupDefaults.deadline,
      retries: 1,
      initContainers: [
        args.tool("dump", { ...env, ...args.connection, PASSWORD_FILE: "/credentials/backup/password" }, [copies, { path: "/credentials/backup", secret: args.credential.secretName }]),
        args.tool("verify", env, [copies, { path: "/scratch", scratch: args.scratch ?? backupDefaults.scratch }], "512Mi"),
        ...(args.s3 ? [upload(args.s3, copies.claim)] : []),
      ],
      containers: [prune],
    }, { parent: this, dependsOn: [this.claim] });
    this.registerOutputs({ schedule: this.cronJob.cronJob.spec.schedule });
  }
}

/** Copies what is verified and not yet in the bucket; it never deletes there, which is the bucket's own lifecycle rule to do. */
function upload(s3: S3Copy, claim: string): ContainerArgs {
  return {
    name: "upload",
    image: images.rclone,
    args: ["copy", "/backups/verified", `s3:${s3.bucket}/${s3.prefix}`, "--immutable", "--checksum", "--config=/tmp/rclone.conf", "--cache-dir=/tmp", "--stats-one-line", "--stats=30s", "-v"],
    env: {
      RCLONE_CONFIG_S3_TYPE: "s3",
      RCLONE_CONFIG_S3_PROVIDER: "Other",
      RCLONE_CONFIG_S3_ENDPOINT: s3.endpoint,
      RCLONE_CONFIG_S3_REGION: s3.region,
      RCLONE_CONFIG_S3_ACCESS_KEY_ID: { secret: s3.credentialsSecret, key: "access-key-id" },
      RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: { secret: s3.credentialsSecret, key: "secret-access-key" },
    },
    resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "256Mi" } },
    mounts: [{ path: "/backups", claim, readOnly: true }, { path: "/tmp", scratch: "64Mi" }],
  };
}
