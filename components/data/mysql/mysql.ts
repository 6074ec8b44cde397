import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../capabilities/content-map.ts";
import { Credential } from "../../capabilities/credential.ts";
import type { Client } from "../client.ts";
import { images } from "../../images.ts";
import type { ContainerArgs, Resources } from "../../workload/container.ts";
import type { Excepted } from "../../workload/exceptions.ts";
import { Job } from "../../workload/job.ts";
import { dataStore } from "../../workload/labels.ts";
import type { Probes } from "../../workload/probes.ts";
import { mebibytes, type Size } from "../../workload/units.ts";
import { Workload } from "../../workload/workload.ts";
import { mysqlClient } from "./mysql-client.ts";
import { mysqlIdentity, mysqlTools } from "./tools.ts";

/** The runbook's numbers; each can be changed per stack. */
export const mysqlDefaults = {
  /** E06. */
  port: 3306,
  resources: {
    cpu: { request: "100m", limit: "1" },
    memory: { request: "256Mi", limit: "1Gi" },
    ephemeralStorage: { request: "64Mi", limit: "1Gi" },
  },
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

/**
 * One MariaDB server as a StatefulSet with its users and database: what stands in for an external MySQL on local stacks
 * (E06).
 */
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
    const credential = (secretName: string, turn: number) =>
      new Credential(secretName, { namespace, labels, protect: args.retainData, rotation: turn }, parent);
    // The server reads root's password only when its volume is made, so a rotation leaves it alone.
    const root = credential(`${serviceName}-root`, 1);
    const owner = credential(args.credentialName, rotation);
    const reader = credential(`${serviceName}-backup`, rotation);
    const workload = new Workload(
      name,
      {
        namespace,
        labels,
        controllerLabels: { [dataStore]: "mysql" },
        controller: {
          kind: "StatefulSet",
          claims: [
            {
              name: "data",
              size: args.storage ?? mysqlDefaults.storage,
              ...(args.storageClass && { storageClass: args.storageClass }),
            },
          ],
        },
        replicas: { fixed: 1 },
        identity: mysqlIdentity,
        annotations: root.generation,
        exceptions: args.exceptions,
        terminationGracePeriod: "120s",
        containers: [server(args, root.secretName)],
        service: { name: serviceName, ports: { [mysqlDefaults.port]: "mysql" } },
      },
      { ...parent, dependsOn: [root] },
    );

    const tool = mysqlTools(name, namespace, "mariadb", parent);
    const env = {
      MYSQL_HOST: serviceName,
      APP_USER: user,
      APP_DATABASE: database,
      MYSQL_USER: "root",
      MYSQL_PASSWORD_FILE: "/credentials/root/password",
      APP_PASSWORD_FILE: "/credentials/app/password",
      BACKUP_PASSWORD_FILE: "/credentials/backup/password",
    };
    this.provisioning = new Job(
      `${name}-provision`,
      {
        jobName: `${name}-provision-${contentHash(env, owner.generation, reader.generation)}`,
        namespace,
        labels: { app: `${name}-provision` },
        identity: mysqlIdentity,
        deadline: "15m",
        containers: [
          tool("provision", env, [
            { path: "/credentials/root", secret: root.secretName },
            { path: "/credentials/app", secret: owner.secretName },
            { path: "/credentials/backup", secret: reader.secretName },
          ]),
        ],
      },
      { ...parent, dependsOn: [workload, owner, reader] },
    );
    this.client = mysqlClient(serviceName, mysqlDefaults.port, database, user, owner.secretName, owner.generation);
    this.reader = mysqlClient(
      serviceName,
      mysqlDefaults.port,
      database,
      "backup",
      reader.secretName,
      reader.generation,
    );
    this.registerOutputs({ service: serviceName });
  }
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

/**
 * Over TCP, because the server that makes the first database listens on its socket only. A refused login is an answer
 * too.
 */
const ping = ["mariadb-admin", "--protocol=tcp", "--host=127.0.0.1", "--connect-timeout=4", "--silent", "ping"];

const probes: Probes = {
  // 30 minutes, so that no crash recovery is cut short.
  startup: { exec: ping, period: "10s", timeout: "5s", failureThreshold: 180 },
  readiness: { exec: ping, period: "10s", timeout: "5s", failureThreshold: 3 },
  // The port alone: a server too busy to answer is alive.
  liveness: { tcp: "mysql", period: "30s", timeout: "10s", failureThreshold: 5 },
};
