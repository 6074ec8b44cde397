import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { type Flow, flow, flowsFrom } from "../../capabilities/network-flows.ts";
import { server, task } from "../../capabilities/program.ts";
import { SharedConfig } from "../../capabilities/shared-config.ts";
import { type S3Copy, uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import type { Client } from "../../data/client.ts";
import { postgresMaintenance } from "../../data/postgres/maintenance.ts";
import { migrations } from "../../data/postgres/sql-job.ts";
import { postgresFlows, postgresSelectors, postgresStore } from "../../data/postgres/store.ts";
import { reachable } from "../../data/reachable.ts";
import { redisFlows, redisStore } from "../../data/redis/store.ts";
import { images } from "../../images.ts";
import { keptOfClaims } from "../../workload/claims.ts";
import type { ContainerArgs, Mount } from "../../workload/container.ts";
import { ScheduledJob } from "../../workload/job.ts";
import { application, programSources } from "../application.ts";
import type { PlatformServiceSettings } from "./settings.ts";
import { securedNamespace } from "../secured-namespace.ts";
import { backupArgs, containerResources } from "../setting-types.ts";
import type { SystemContext, Target } from "../target.ts";

const namespace = "platform";
const name = "platform-service";
const logs = "/app/logs";

/** Who talks to whom around the platform service, and nobody else (X05). */
export const platformFlows = (ingress: SystemContext["ingressFrom"], s3?: S3Copy): Flow[] => [
  ...flowsFrom(ingress, name, 8080),
  flow(name, "postgres", 5432),
  flow(name, "redis", 6379),
  flow("platform-migrations", "postgres", 5432),
  flow("audit-retention", "postgres", 5432),
  flow("postgres-maintenance", "postgres", 5432),
  flow("postgres-provision", "postgres", 5432),
  flow("postgres-backup", "postgres", 5432),
  ...uploadFlows("postgres-backup", s3),
];

/** A service with its settings, an audit trail, and the jobs that keep both in order. */
export class PlatformService extends pulumi.ComponentResource {
  static readonly namespace = namespace;
  readonly target: Target;

  constructor(settings: PlatformServiceSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:PlatformService", name, {}, options);
    const { backup, engine, maintenanceSchedule, ...postgresSettings } = settings.postgres;
    const { parent, inside, guarded } = securedNamespace(this, namespace, {
      quota: settings.quota,
      flows: redisFlows("redis", settings.redis.engine, postgresFlows("postgres", engine, platformFlows(context.ingressFrom, backup.s3))),
      selectors: postgresSelectors("postgres", engine),
      metrics: { [name]: 8080 },
      certified: true,
    }, context);

    const postgres = postgresStore("postgres", engine, {
      namespace,
      serviceName: "postgres",
      labels: { app: "postgres" },
      database: "platform_db",
      user: "platform",
      credentialName: "platform-secrets",
      extensions: ["pg_stat_statements"],
      ...postgresSettings,
      resources: containerResources(postgresSettings.resources, "1Gi"),
      ...context.storage,
      backup: backupArgs(backup),
      retainData: context.retainData,
    }, guarded);
    const { engine: redisEngine, ...redisSettings } = settings.redis;
    const redis = redisStore("redis", redisEngine, { role: "cache", namespace, serviceName: "redis", labels: { app: "redis" }, ...redisSettings }, guarded);
    const migrated = migrations("platform-migrations", { namespace, postgres, folder: new URL("../../../workloads/platform-service/migrations/", import.meta.url).pathname }, { ...parent, dependsOn: [...postgres.ready] });
    postgres.backup?.first([migrated]);
    const ready = { ...parent, dependsOn: [migrated, ...redis.ready] };
    postgresMaintenance("postgres-maintenance", { namespace, client: postgres.client, schedule: { cron: maintenanceSchedule } }, ready);

    const retention = { AUDIT_RETENTION_DAYS: String(settings.audit.retentionDays) };
    const config = new SharedConfig("platform-config", { namespace, labels: { app: name }, values: { MAINTENANCE_MODE: String(settings.maintenance), ...retention, ...settings.config } }, inside);
    const source = programSources<"service">("platform-service", settings.applications, namespace, inside);
    const logFolder: Mount = { path: logs, scratch: settings.logs.storage, ...context.storage };
    const service = application(name, {
      namespace,
      port: 8080,
      program: server(source(name, "service"), { readiness: "/health" }),
      replicas: settings.replicas,
      resources: settings.resources,
      config,
      // Clients' addresses come in a header that only the ingress controller can set: nobody else gets through to these pods.
      env: { TRUSTED_PROXY: "true", TRUSTED_IDENTITY: String(settings.authenticatingProxy), LOG_DIR: logs },
      clients: [postgres.client, redis.client, { env: {}, mounts: [logFolder], annotations: {} }],
      sidecars: [logCleaner(settings.logs, logFolder)],
    }, ready);
    this.auditRetention(settings, context, task(source("platform-audit-retention", "service"), ["node", "dist/jobs/audit-retention.js"]), postgres.client, retention, ready);

    const certificate = new Certificate(name, { namespace, labels: { app: name }, hosts: [settings.host], secretName: "tls-cert", issuer: context.certificates }, inside);
    new WebIngress("platform-ingress", { namespace, labels: { app: name }, host: settings.host, service: { name, port: 8080 }, paths: settings.publicPaths, ...context.ingress, tlsSecret: certificate.secretName }, { ...parent, dependsOn: [...inside.dependsOn, certificate] });

    this.target = {
      system: name,
      namespace,
      workloads: [
        ...(engine.kind === "statefulset" ? [{ kind: "StatefulSet", name: "postgres", replicas: 1 } as const] : []),
        ...(redis.own ? [{ kind: "Deployment", name: "redis", replicas: 1 } as const] : []),
        { kind: "Deployment", name: service.name, replicas: settings.replicas.min },
      ],
      dataStores: [
        { kind: "postgres", name: "postgres", database: "platform_db", user: "platform", ...postgres.location },
        { kind: "redis-cache", name: "redis", ...redis.location },
      ],
      endpoints: [{ name: "Platform service", host: settings.host, tls: true, service: name, port: 8080, health: "/health" }],
      // P12.
      objectives: { errorsPerHour: 10 },
    };
    this.registerOutputs({ target: this.target });
  }

  /** Archives audit events past their time, and deletes exactly the archived ones (P07). */
  private auditRetention({ audit, resources }: PlatformServiceSettings, { retainData, storage }: SystemContext, program: ReturnType<typeof task>, client: Client, env: Record<string, string>, options: pulumi.ComponentResourceOptions): void {
    const claim = new k8s.core.v1.PersistentVolumeClaim("audit-archive", {
      metadata: { name: "audit-archive", namespace, labels: { app: "audit-retention" }, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: { accessModes: ["ReadWriteOnce"], ...(storage.storageClass && { storageClassName: storage.storageClass }), resources: { requests: { storage: audit.archiveStorage } } },
    }, { ...options, protect: retainData, ignoreChanges: [...keptOfClaims] });
    const { container, ...pod } = program;
    new ScheduledJob("audit-retention", {
      ...pod,
      namespace,
      labels: { app: "audit-retention" },
      annotations: client.annotations,
      schedule: { cron: audit.schedule },
      deadline: "2h",
      retries: 1,
      initContainers: [reachable(client.env["PGHOST"]!, client.env["PGPORT"]!)],
      containers: [{
        ...container,
        name: "audit-retention",
        env: { ...container.env, ...client.env, ...env, ARCHIVE_DIR: "/archive" },
        resources: containerResources(resources),
        mounts: [...container.mounts, ...client.mounts, { path: "/archive", claim: "audit-archive" }],
      }],
    }, { ...options, dependsOn: [claim] });
  }
}

/** Removes log files past their time from the pod's own bounded volume, once an hour (P08). */
const logCleaner = ({ keepDays }: PlatformServiceSettings["logs"], folder: Mount): ContainerArgs => ({
  name: "log-cleaner",
  sidecar: true,
  image: images.node,
  command: ["bash", "-c", `trap 'exit 0' TERM; while :; do find ${logs} -type f -mtime +${keepDays} -print -delete; sleep 3600 & wait $!; done`],
  resources: { cpu: { request: "5m", limit: "100m" }, memory: { request: "16Mi", limit: "64Mi" } },
  mounts: [folder],
});
