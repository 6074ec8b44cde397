import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Credential } from "../../capabilities/credential.ts";
import { type Flow, flow } from "../../capabilities/network-flows.ts";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { mebibytes } from "../../workload/units.ts";
import type { Client } from "../client.ts";
import { goneClients } from "./gone-clients.ts";
import { type PostgresArgs, postgresDefaults } from "./postgres.ts";
import { postgresClient } from "./postgres-client.ts";

/** Major version of the image that the operator runs; the same as that of {@link ../../images.ts}. */
const image = "ghcr.io/cloudnative-pg/postgresql:15.14";

/**
 * The same database as a `Cluster` of the CloudNativePG operator, with its Service under the same name: for stacks that
 * outgrow one machine. The operator makes roles and backups itself; it keeps its copies in a bucket, so without `s3` there
 * are none, and the stack is refused.
 */
export class CloudNativePostgres extends pulumi.ComponentResource {
  readonly client: Client;

  constructor(name: string, args: PostgresArgs & { readonly instances: number }, options?: pulumi.ComponentResourceOptions) {
    super("platform:data:CloudNativePostgres", name, {}, options);
    const { namespace, labels, database, user, backup } = args;
    if (!backup.s3) throw new pulumi.RunError(`${name}: engine cloudnative-pg copies to a bucket only: set postgres.backup.s3`);
    const parent = { parent: this };
    const resources = args.resources ?? postgresDefaults.resources;
    const owner = new Credential(args.credentialName ?? `${args.serviceName}-${user.replaceAll("_", "-")}`, {
      namespace,
      labels,
      protect: args.retainData,
      ...(args.rotation && { rotation: args.rotation }),
      content: (password) => ({ username: user, password }),
    }, parent);
    const key = (selected: string) => ({ name: backup.s3!.credentialsSecret, key: selected });
    const cluster = new k8s.apiextensions.CustomResource(name, {
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "Cluster",
      metadata: { name, namespace, labels },
      spec: {
        instances: args.instances,
        imageName: image,
        storage: { size: args.storage ?? postgresDefaults.storage, ...(args.storageClass && { storageClass: args.storageClass }) },
        bootstrap: {
          initdb: {
            database,
            owner: user,
            secret: { name: owner.secretName },
            dataChecksums: true,
            encoding: "UTF8",
            postInitApplicationSQL: (args.extensions ?? []).map((extension) => `CREATE EXTENSION IF NOT EXISTS "${extension}"`),
          },
        },
        postgresql: { parameters: { max_connections: String(args.maxConnections ?? postgresDefaults.maxConnections), shared_buffers: `${Math.floor(mebibytes(resources.memory.limit) / 4)}MB`, log_min_duration_statement: "500ms", ...goneClients, ...statementSettings(args.extensions) } },
        resources: { requests: { cpu: resources.cpu.request, memory: resources.memory.request }, limits: { cpu: resources.cpu.limit, memory: resources.memory.limit } },
        managed: { services: { additional: [{ selectorType: "rw", serviceTemplate: { metadata: { name: args.serviceName } } }] } },
        backup: {
          retentionPolicy: `${backup.keepDays ?? backupDefaults.keepDays}d`,
          barmanObjectStore: {
            destinationPath: `s3://${backup.s3.bucket}/${backup.s3.prefix}`,
            endpointURL: backup.s3.endpoint,
            s3Credentials: { accessKeyId: key("access-key-id"), secretAccessKey: key("secret-access-key") },
          },
        },
      },
    }, { ...parent, dependsOn: [owner], protect: args.retainData });
    new k8s.apiextensions.CustomResource(`${name}-backup`, {
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "ScheduledBackup",
      metadata: { name: `${name}-backup`, namespace, labels },
      // The operator's schedules begin with the second.
      spec: { schedule: `0 ${(backup.schedule ?? backupDefaults.schedule).cron}`, cluster: { name }, backupOwnerReference: "self" },
    }, { ...parent, dependsOn: [cluster] });
    this.client = postgresClient(args.serviceName, postgresDefaults.port, args, owner.secretName, owner.generation);
    this.registerOutputs({ service: args.serviceName });
  }
}

/** The operator loads the library of an extension that has settings. */
const statementSettings = (extensions: readonly string[] = []): Record<string, string> =>
  extensions.includes("pg_stat_statements") ? { "pg_stat_statements.max": "5000" } : {};

/** What the operator and its instances say to each other, besides what clients say to them. */
export const cloudNativeFlows = (name: string, apiServerCidr: string, buckets: readonly string[]): Flow[] => [
  flow(name, name, 5432, 8000),
  { from: { namespace: "cnpg-system" }, to: { app: name }, ports: [5432, 8000] },
  { from: { app: name }, to: { cidr: apiServerCidr }, ports: [443, 6443] },
  ...buckets.map((cidr): Flow => ({ from: { app: name }, to: { cidr }, ports: [443] })),
];
