import * as pulumi from "@pulumi/pulumi";
import { ContentMap, contentHash } from "../../capabilities/content-map.ts";
import { Credential } from "../../capabilities/credential.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { toolContainers } from "../../capabilities/verified-backup/tool-container.ts";
import {
  type BackupArgs,
  backupScripts,
  type VerifiedBackup,
} from "../../capabilities/verified-backup/verified-backup.ts";
import { images } from "../../images.ts";
import type { ContainerArgs, Resources } from "../../workload/container.ts";
import type { Excepted } from "../../workload/exceptions.ts";
import { Job } from "../../workload/job.ts";
import { dataStore } from "../../workload/labels.ts";
import type { Probes } from "../../workload/probes.ts";
import { mebibytes, type Size } from "../../workload/units.ts";
import { Workload } from "../../workload/workload.ts";
import type { Client } from "../client.ts";
import { postgresBackup } from "./backup.ts";
import { goneClients } from "./gone-clients.ts";
import { postgresIdentity } from "./identity.ts";
import { postgresClient } from "./postgres-client.ts";

/** The runbook's numbers; each can be changed per stack. */
export const postgresDefaults = {
  /** B03. */
  port: 5432,
  /** Half of it is also asked for; the limit is B03's. */
  resources: {
    cpu: { request: "250m", limit: "2" },
    memory: { request: "1Gi", limit: "2Gi" },
    ephemeralStorage: { request: "128Mi", limit: "1Gi" },
  },
  storage: "10Gi",
  /** Above B17's target of 50 active connections, with room for operators and backups. */
  maxConnections: 100,
  /** B04: how long the server may be slow before it is restarted. */
  liveness: { initialDelay: "60s", period: "30s", timeout: "10s", failureThreshold: 5 },
  /** B05: 30 minutes, so that no crash recovery is cut short. */
  startup: { period: "10s", timeout: "5s", failureThreshold: 180 },
} as const;

export interface PostgresArgs extends Excepted {
  readonly namespace: pulumi.Input<string>;
  /** The Service's name; the StatefulSet has the component's own. */
  readonly serviceName: string;
  readonly labels: Readonly<Record<string, string>> & { readonly app: string };
  readonly database: string;
  /** Owner of the database, without any right outside it. */
  readonly user: string;
  /** Name of the Secret with the owner's password. @default `<serviceName>-<user>` */
  readonly credentialName?: string;
  /** Extensions made in the database. @default [] */
  readonly extensions?: readonly string[];
  readonly resources?: Resources;
  readonly storage?: Size;
  readonly storageClass?: string;
  readonly maxConnections?: number;
  readonly liveness?: typeof postgresDefaults.liveness;
  readonly startup?: typeof postgresDefaults.startup;
  /** Raised by one to rotate the passwords of the application and the backup role. @default 1 */
  readonly rotation?: number;
  readonly backup: BackupArgs;
  /** Keep volumes, passwords and copies when the stack is destroyed (X07). */
  readonly retainData: boolean;
}

/**
 * One PostgreSQL server as a StatefulSet (B05: never two postmasters on one volume), its roles and database, and its
 * verified backups. `ready` depends on the roles being there: let clients depend on it.
 */
export class Postgres extends pulumi.ComponentResource {
  readonly client: Client;
  readonly workload: Workload;
  readonly backup: VerifiedBackup;
  readonly provisioning: Job;

  constructor(name: string, args: PostgresArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:data:Postgres", name, {}, options);
    const { namespace, labels, serviceName } = args;
    const parent = { parent: this };
    const credential = (
      role: string,
      rotation = args.rotation,
      secretName = `${serviceName}-${role.replaceAll("_", "-")}`,
    ) =>
      new Credential(
        secretName,
        { namespace, labels, protect: args.retainData, ...(rotation && { rotation }) },
        parent,
      );
    // The superuser's password is read by the server only when its volume is made, so a rotation leaves it alone.
    const superuser = credential("superuser", 1);
    const owner = credential(args.user, args.rotation, args.credentialName);
    const reader = credential("backup");

    this.workload = new Workload(
      name,
      {
        namespace,
        labels,
        controllerLabels: { [dataStore]: "postgres" },
        controller: {
          kind: "StatefulSet",
          claims: [
            {
              name: "data",
              size: args.storage ?? postgresDefaults.storage,
              ...(args.storageClass && { storageClass: args.storageClass }),
            },
          ],
        },
        replicas: { fixed: 1 },
        identity: postgresIdentity,
        annotations: superuser.generation,
        exceptions: args.exceptions,
        // A fast shutdown writes one checkpoint, which takes as long as the disk needs.
        terminationGracePeriod: "120s",
        containers: [server(args, superuser)],
        service: { name: serviceName, ports: { [postgresDefaults.port]: "postgres" } },
      },
      { ...parent, dependsOn: [superuser] },
    );

    const connection = (user: string, database: string) => ({
      PGHOST: serviceName,
      PGPORT: String(postgresDefaults.port),
      PGUSER: user,
      PGDATABASE: database,
    });
    const files = new ContentMap(
      `${name}-scripts`,
      { namespace, labels, files: { ...scripts(import.meta.dirname), ...backupScripts() } },
      parent,
    );
    const tool = toolContainers(images.postgres, files.mapName);

    const provisionEnv = {
      ...connection("postgres", "postgres"),
      APP_USER: args.user,
      APP_DATABASE: args.database,
      EXTENSIONS: (args.extensions ?? []).join(","),
      PGPASSWORD_FILE: "/credentials/superuser/password",
      APP_PASSWORD_FILE: "/credentials/app/password",
      BACKUP_PASSWORD_FILE: "/credentials/backup/password",
    };
    this.provisioning = new Job(
      `${name}-provision`,
      {
        jobName: `${name}-provision-${contentHash(files.mapName, provisionEnv, owner.generation, reader.generation)}`,
        namespace,
        labels: { app: `${name}-provision` },
        identity: postgresIdentity,
        deadline: "15m",
        containers: [
          tool("provision", provisionEnv, [
            { path: "/credentials/superuser", secret: superuser.secretName },
            { path: "/credentials/app", secret: owner.secretName },
            { path: "/credentials/backup", secret: reader.secretName },
          ]),
        ],
      },
      { ...parent, dependsOn: [this.workload, owner, reader] },
    );

    this.client = postgresClient(serviceName, postgresDefaults.port, args, owner.secretName, owner.generation);
    this.backup = postgresBackup(
      `${name}-backup`,
      {
        ...args.backup,
        of: name,
        namespace,
        dataSize: args.storage ?? postgresDefaults.storage,
        ...(args.storageClass && { storageClass: args.storageClass }),
        retainData: args.retainData,
        connection: connection("backup", args.database),
        credential: reader,
        tool,
      },
      { ...parent, dependsOn: [this.provisioning] },
    );
    this.registerOutputs({ service: serviceName });
  }
}

function server(args: PostgresArgs, superuser: Credential): ContainerArgs {
  const resources = args.resources ?? postgresDefaults.resources;
  const setting = (name: string, value: string | number) => ["-c", `${name}=${value}`];
  return {
    name: "postgres",
    image: images.postgres,
    args: [
      "postgres",
      ...setting("max_connections", args.maxConnections ?? postgresDefaults.maxConnections),
      ...setting("shared_buffers", `${Math.floor(mebibytes(resources.memory.limit) / 4)}MB`),
      ...setting("log_checkpoints", "on"),
      ...setting("log_lock_waits", "on"),
      ...setting("log_min_duration_statement", "500ms"),
      ...Object.entries(goneClients).flatMap(([name, value]) => setting(name, value)),
      ...(args.extensions?.includes("pg_stat_statements")
        ? setting("shared_preload_libraries", "pg_stat_statements")
        : []),
    ],
    env: {
      PGDATA: "/var/lib/postgresql/data/pgdata",
      POSTGRES_PASSWORD_FILE: "/credentials/superuser/password",
      POSTGRES_INITDB_ARGS: "--data-checksums --encoding=UTF8",
    },
    ports: { postgres: postgresDefaults.port },
    probes: probes(args),
    resources,
    mounts: [
      { path: "/var/lib/postgresql/data", claimTemplate: "data" },
      { path: "/var/run/postgresql", scratch: "16Mi" },
      { path: "/tmp", scratch: "256Mi" },
      // Parallel queries share memory here, and the container runtime's own 64 MiB is not enough for them.
      { path: "/dev/shm", scratch: "256Mi", medium: "Memory" },
      { path: "/credentials/superuser", secret: superuser.secretName },
    ],
  };
}

/** Over TCP, because the server that runs the image's first-start scripts listens on the socket only. */
function probes(args: PostgresArgs): Probes {
  const isReady = "pg_isready --quiet --host=127.0.0.1 --timeout=4";
  return {
    startup: { exec: ["sh", "-c", isReady], ...(args.startup ?? postgresDefaults.startup) },
    readiness: { exec: ["sh", "-c", isReady], period: "10s", timeout: "5s", failureThreshold: 3 },
    // Status 1 is a living server that is recovering: restarting it would only start the recovery again (B05).
    liveness: { exec: ["sh", "-c", `${isReady}; test $? -le 1`], ...(args.liveness ?? postgresDefaults.liveness) },
  };
}
