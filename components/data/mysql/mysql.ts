import * as pulumi from "@pulumi/pulumi";
import { ContentMap, contentHash } from "../../capabilities/content-map.ts";
import { Credential } from "../../capabilities/credential.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { type ToolContainer, toolContainers } from "../../capabilities/verified-backup/tool-container.ts";
import { backupScripts } from "../../capabilities/verified-backup/verified-backup.ts";
import type { Client } from "../client.ts";
import type { Authorities, Tls } from "../tls.ts";
import { images } from "../../images.ts";
import type { ContainerArgs, Resources } from "../../workload/container.ts";
import type { Excepted } from "../../workload/exceptions.ts";
import { Job } from "../../workload/job.ts";
import { dataStore } from "../../workload/labels.ts";
import type { Probes } from "../../workload/probes.ts";
import { mebibytes, type Size } from "../../workload/units.ts";
import { Workload } from "../../workload/workload.ts";

/** UID and GID of the user `mysql` in the upstream image. */
export const mysqlIdentity = { uid: 999, gid: 999 };

/**
 * The products that speak MySQL's protocol. Each one's own programs dump it, and a scratch server of its own holds the copy:
 * `mysql` MySQL 8.0 to 9.7, `mariadb` MariaDB up to 10.11. A newer server is refused before anything is dumped.
 */
export const mysqlServers = ["mysql", "mariadb"] as const;
export type MysqlServer = (typeof mysqlServers)[number];

/** The runbook's numbers; each can be changed per stack. */
export const mysqlDefaults = {
  /** E06. */
  port: 3306,
  resources: { cpu: { request: "100m", limit: "1" }, memory: { request: "256Mi", limit: "1Gi" }, ephemeralStorage: { request: "64Mi", limit: "1Gi" } },
  storage: "5Gi",
} as const;

export interface MysqlArgs extends Excepted {
  readonly namespace: string;
  readonly serviceName: string;
  readonly database: string;
  /** Owner of everything in the database, without any right outside it. */
  readonly user: string;
  /** Name of the Secret with the user's password. */
  readonly credentialName: string;
  readonly resources?: Resources;
  readonly storage?: Size;
  readonly storageClass?: string;
  /** Raised by one to rotate the passwords of the application and the backup user. @default 1 */
  readonly rotation?: number;
  readonly retainData: boolean;
}

/** MySQL's ssl-mode: no TLS, any certificate, one of an authority that counts, or one of it for the server's name. */
export type MysqlTls = Tls<"DISABLED" | "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY">;

/** What a client needs to reach a server: the password is the key `password` of a Secret. Without `tls` nothing is said of it, as inside a namespace. */
export function mysqlClient(host: string, port: number, database: string, user: string, secret: string, annotations: Readonly<Record<string, string>>, tls?: Pick<MysqlTls, "mode"> & Authorities): Client {
  return {
    env: {
      MYSQL_HOST: host, MYSQL_PORT: String(port), MYSQL_DATABASE: database, MYSQL_USER: user, MYSQL_PASSWORD_FILE: "/credentials/mysql/password",
      ...(tls && { MYSQL_SSL_MODE: tls.mode, ...(tls.file && { MYSQL_SSL_CA: tls.file }) }),
    },
    mounts: [{ path: "/credentials/mysql", secret }, ...(tls?.mounts ?? [])],
    annotations,
  };
}

/** One MariaDB server as a StatefulSet with its users and database: what stands in for an external MySQL on local stacks (E06). */
export class Mysql extends pulumi.ComponentResource {
  readonly client: Client;
  /** The client of the role that may read everything and change nothing, for backups. */
  readonly reader: Client;
  readonly provisioning: Job;

  constructor(name: string, args: MysqlArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:data:Mysql", name, {}, options);
    const { namespace, serviceName, database, user, rotation = 1 } = args;
    const labels = { app: name };
    const parent = { parent: this };
    const credential = (secretName: string, turn: number) => new Credential(secretName, { namespace, labels, protect: args.retainData, rotation: turn }, parent);
    // The server reads root's password only when its volume is made, so a rotation leaves it alone.
    const root = credential(`${serviceName}-root`, 1);
    const owner = credential(args.credentialName, rotation);
    const reader = credential(`${serviceName}-backup`, rotation);
    const workload = new Workload(name, {
      namespace,
      labels,
      controllerLabels: { [dataStore]: "mysql" },
      controller: { kind: "StatefulSet", claims: [{ name: "data", size: args.storage ?? mysqlDefaults.storage, ...(args.storageClass && { storageClass: args.storageClass }) }] },
      replicas: { fixed: 1 },
      identity: mysqlIdentity,
      annotations: root.generation,
      exceptions: args.exceptions,
      terminationGracePeriod: "120s",
      containers: [server(args, root.secretName)],
      service: { name: serviceName, ports: { [mysqlDefaults.port]: "mysql" } },
    }, { ...parent, dependsOn: [root] });

    const tool = mysqlTools(name, namespace, "mariadb", parent);
    const env = { MYSQL_HOST: serviceName, APP_USER: user, APP_DATABASE: database, MYSQL_USER: "root", MYSQL_PASSWORD_FILE: "/credentials/root/password", APP_PASSWORD_FILE: "/credentials/app/password", BACKUP_PASSWORD_FILE: "/credentials/backup/password" };
    this.provisioning = new Job(`${name}-provision`, {
      jobName: `${name}-provision-${contentHash(env, owner.generation, reader.generation)}`,
      namespace,
      labels: { app: `${name}-provision` },
      identity: mysqlIdentity,
      deadline: "15m",
      containers: [tool("provision", env, [
        { path: "/credentials/root", secret: root.secretName },
        { path: "/credentials/app", secret: owner.secretName },
        { path: "/credentials/backup", secret: reader.secretName },
      ])],
    }, { ...parent, dependsOn: [workload, owner, reader] });
    this.client = mysqlClient(serviceName, mysqlDefaults.port, database, user, owner.secretName, owner.generation);
    this.reader = mysqlClient(serviceName, mysqlDefaults.port, database, "backup", reader.secretName, reader.generation);
    this.registerOutputs({ service: serviceName });
  }
}

/** Containers that run the scripts beside this file with a product's programs. */
export function mysqlTools(name: string, namespace: string, server: MysqlServer, options: pulumi.ComponentResourceOptions): ToolContainer {
  const files = new ContentMap(`${name}-scripts`, { namespace, labels: { app: name }, files: { ...scripts(import.meta.dirname), ...backupScripts() } }, options);
  const tool = toolContainers(images[server], files.mapName);
  return (script, env, ...rest) => tool(script, { DATABASE_SERVER: server, ...env }, ...rest);
}

function server(args: MysqlArgs, rootSecret: string): ContainerArgs {
  const resources = args.resources ?? mysqlDefaults.resources;
  return {
    name: "mysql",
    image: images.mariadb,
    args: [
      "mariadbd",
      "--character-set-server=utf8mb4",
      "--skip-name-resolve",
      `--innodb-buffer-pool-size=${Math.floor(mebibytes(resources.memory.limit) / 2)}M`,
      "--innodb-flush-log-at-trx-commit=1",
      "--sync-binlog=1",
      // A node that lost its power closes no connection: 45 s later its locks are free.
      "--tcp-keepalive-time=20",
      "--tcp-keepalive-interval=5",
      "--tcp-keepalive-probes=5",
    ],
    env: { MARIADB_ROOT_PASSWORD_FILE: "/credentials/root/password", MARIADB_ROOT_HOST: "%" },
    ports: { mysql: mysqlDefaults.port },
    probes,
    resources,
    mounts: [
      { path: "/var/lib/mysql", claimTemplate: "data" },
      { path: "/run/mysqld", scratch: "16Mi" },
      { path: "/tmp", scratch: "512Mi" },
      { path: "/credentials/root", secret: rootSecret },
    ],
  };
}

/** Over TCP, because the server that makes the first database listens on its socket only. A refused login is an answer too. */
const ping = ["mariadb-admin", "--protocol=tcp", "--host=127.0.0.1", "--connect-timeout=4", "--silent", "ping"];

const probes: Probes = {
  // 30 minutes, so that no crash recovery is cut short.
  startup: { exec: ping, period: "10s", timeout: "5s", failureThreshold: 180 },
  readiness: { exec: ping, period: "10s", timeout: "5s", failureThreshold: 3 },
  // The port alone: a server too busy to answer is alive.
  liveness: { tcp: "mysql", period: "30s", timeout: "10s", failureThreshold: 5 },
};
