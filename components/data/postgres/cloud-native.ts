import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Credential } from "../../capabilities/credential.ts";
import { type Flow, flow } from "../../capabilities/network-flows.ts";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { images } from "../../images.ts";
import type { Resources } from "../../workload/container.ts";
import { exceptionsFor } from "../../workload/exceptions.ts";
import { mebibytes, seconds } from "../../workload/units.ts";
import type { Client } from "../client.ts";
import { archivePlugin, CloudNativeArchive } from "./cloud-native-archive.ts";
import { cloudNativeRefusals } from "./cloud-native-refusals.ts";
import type { CloudNativeEngine } from "./engine.ts";
import { goneClients } from "./gone-clients.ts";
import { type PostgresArgs, postgresDefaults } from "./postgres.ts";
import { postgresClient } from "./postgres-client.ts";

/**
 * The operator's image of the release that {@link images} names, so that a database can go from one engine to the
 * other.
 */
const image = images.postgres.replace(/^.*:(.+)-(.+)$/, "ghcr.io/cloudnative-pg/postgresql:$1-standard-$2");

/**
 * The same database as a `Cluster` of the CloudNativePG operator (1.30 or newer, with plugin-barman-cloud), with its
 * Service under
 * the same name: for stacks that outgrow one machine. The operator makes roles and copies itself, and keeps them in a
 * bucket. What
 * it has no place for is refused ({@link cloudNativeRefusals}).
 */
export class CloudNativePostgres extends pulumi.ComponentResource {
  readonly client: Client;

  constructor(
    name: string,
    args: PostgresArgs & { readonly engine: CloudNativeEngine },
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("platform:data:CloudNativePostgres", name, {}, options);
    const {
      namespace,
      labels,
      backup,
      engine: { instances, serverName = name, recovery },
    } = args;
    const refusals = cloudNativeRefusals(args, serverName, args.engine);
    if (refusals.length > 0) throw new pulumi.RunError(`${name}: engine cloudnative-pg: ${refusals.join("; ")}`);
    const parent = { parent: this };
    const resources = args.resources ?? postgresDefaults.resources;
    const owner = new Credential(
      args.credentialName ?? `${args.serviceName}-${args.user.replaceAll("_", "-")}`,
      {
        namespace,
        // The operator watches no other Secret that is not its own, and would bring a new password to the server by
        // chance.
        labels: { ...labels, "cnpg.io/reload": "true" },
        type: "kubernetes.io/basic-auth",
        protect: args.retainData,
        ...(args.rotation && { rotation: args.rotation }),
        content: (password) => ({ username: args.user, password }),
      },
      parent,
    );
    const archive = new CloudNativeArchive(
      `${name}-archive`,
      { namespace, labels, s3: backup.s3!, keepDays: backup.keepDays ?? backupDefaults.keepDays },
      parent,
    );
    const cluster = new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: { name, namespace, labels, ...exceptionsFor(name, args, ["Cluster"])("Cluster") },
        spec: {
          instances,
          imageName: image,
          storage: {
            size: args.storage ?? postgresDefaults.storage,
            ...(args.storageClass && { storageClass: args.storageClass }),
          },
          bootstrap: recovery
            ? { recovery: recovered(args, owner.secretName, recovery) }
            : { initdb: created(args, owner.secretName) },
          ...(recovery && {
            externalClusters: [{ name: recovery.fromServerName, plugin: archive.of(recovery.fromServerName) }],
          }),
          plugins: [{ ...archive.of(serverName), isWALArchiver: true }],
          postgresql: {
            parameters: {
              max_connections: String(args.maxConnections ?? postgresDefaults.maxConnections),
              shared_buffers: `${Math.floor(mebibytes(resources.memory.limit) / 4)}MB`,
              log_min_duration_statement: "500ms",
              ...goneClients,
              ...statementSettings(args.extensions),
            },
            ...synchronous(instances),
          },
          probes: {
            startup: probe(args.startup ?? postgresDefaults.startup),
            liveness: probe(args.liveness ?? postgresDefaults.liveness),
          },
          resources: { requests: amounts(resources, "request"), limits: amounts(resources, "limit") },
          managed: {
            services: {
              additional: [{ selectorType: "rw", serviceTemplate: { metadata: { name: args.serviceName } } }],
            },
          },
        },
      },
      { ...parent, dependsOn: [owner, archive], protect: args.retainData },
    );
    new k8s.apiextensions.CustomResource(
      `${name}-backup`,
      {
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "ScheduledBackup",
        metadata: {
          name: `${name}-backup`,
          namespace,
          labels,
          ...exceptionsFor(`${name}-backup`, backup, ["ScheduledBackup"])("ScheduledBackup"),
        },
        spec: {
          // The operator's schedules begin with the second.
          schedule: `0 ${(backup.schedule ?? backupDefaults.schedule).cron}`,
          cluster: { name },
          method: "plugin",
          pluginConfiguration: { name: archivePlugin },
          // Changes alone cannot be recovered: they need a copy to begin with.
          immediate: true,
          backupOwnerReference: "self",
        },
      },
      { ...parent, dependsOn: [cluster] },
    );
    this.client = postgresClient(args.serviceName, postgresDefaults.port, args, owner.secretName, owner.generation);
    this.registerOutputs({ service: args.serviceName });
  }
}

/** A new, empty database of the owner. */
const created = ({ database, user, extensions = [] }: PostgresArgs, secret: string) => ({
  database,
  owner: user,
  secret: { name: secret },
  dataChecksums: true,
  encoding: "UTF8",
  postInitApplicationSQL: extensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS "${extension}"`),
});

/** The database as another server's archive has it (B12); its owner gets the password of this stack. */
const recovered = (
  { database, user }: PostgresArgs,
  secret: string,
  { fromServerName, targetTime }: NonNullable<CloudNativeEngine["recovery"]>,
) => ({
  source: fromServerName,
  database,
  owner: user,
  secret: { name: secret },
  ...(targetTime && { recoveryTarget: { targetTime } }),
});

/**
 * Half of the servers have a write before it is acknowledged, and only one that has them all takes over. With two there
 * is
 * nobody to spare: while the other is away, the one that is left goes on alone.
 */
function synchronous(instances: number) {
  if (instances === 1) return {};
  return {
    synchronous: {
      method: "any",
      number: Math.floor(instances / 2),
      ...(instances === 2 ? { dataDurability: "preferred" } : { dataDurability: "required", failoverQuorum: true }),
    },
  };
}

function probe({
  period,
  timeout,
  failureThreshold,
  ...rest
}: typeof postgresDefaults.startup | typeof postgresDefaults.liveness) {
  return {
    ...("initialDelay" in rest && { initialDelaySeconds: seconds(rest.initialDelay) }),
    periodSeconds: seconds(period),
    timeoutSeconds: seconds(timeout),
    failureThreshold,
  };
}

const amounts = ({ cpu, memory, ephemeralStorage }: Resources, of: "request" | "limit") => ({
  cpu: cpu[of],
  memory: memory[of],
  ...(ephemeralStorage && { "ephemeral-storage": ephemeralStorage[of] }),
});

/** The operator loads the library of an extension that has settings. */
const statementSettings = (extensions: readonly string[] = []): Record<string, string> =>
  extensions.includes("pg_stat_statements") ? { "pg_stat_statements.max": "5000" } : {};

/** What the operator and its instances say to each other, besides what clients say to them. */
export const cloudNativeFlows = (name: string, { apiServerCidr, apiServerPorts }: CloudNativeEngine): Flow[] => [
  flow(name, name, 5432, 8000),
  { from: { namespace: "cnpg-system" }, to: { app: name }, ports: [5432, 8000] },
  { from: { app: name }, to: { cidr: apiServerCidr }, ports: apiServerPorts },
];
