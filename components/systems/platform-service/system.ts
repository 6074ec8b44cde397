import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { server, task } from "../../capabilities/program.ts";
import { SharedConfig } from "../../capabilities/shared-config.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import { postgresMaintenance } from "../../data/postgres/maintenance.ts";
import { migrations } from "../../data/postgres/sql-job.ts";
import { images } from "../../images.ts";
import type { ContainerArgs, Mount } from "../../workload/container.ts";
import { application, programSources } from "../application.ts";
import { securedNamespace } from "../secured-namespace.ts";
import type { SystemContext, Target } from "../target.ts";
import { auditRetention } from "./audit-retention.ts";
import { platformNetwork } from "./flows.ts";
import type { PlatformServiceSettings } from "./settings.ts";
import { namespace, platformStores } from "./stores.ts";
import { platformTarget } from "./target.ts";

const name = "platform-service";
const logs = "/app/logs";

/** A service with its settings, an audit trail, and the jobs that keep both in order. */
export class PlatformService extends pulumi.ComponentResource {
  readonly target: Target;

  constructor(settings: PlatformServiceSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:PlatformService", name, {}, options);
    const { parent, inside, guarded } = securedNamespace(
      this,
      namespace,
      settings.quota,
      platformNetwork(settings, context),
      context,
    );
    const plans = platformStores(settings, context);
    const postgres = plans.postgres.declare(guarded);
    const redis = plans.redis.declare(guarded);

    const migrated = migrations(
      "platform-migrations",
      {
        namespace,
        postgres,
        folder: new URL("../../../workloads/platform-service/migrations/", import.meta.url).pathname,
      },
      { ...parent, dependsOn: [...postgres.ready] },
    );
    postgres.backup?.first([migrated]);
    const ready = { ...parent, dependsOn: [migrated, ...redis.ready] };
    postgresMaintenance(
      "postgres-maintenance",
      { namespace, client: postgres.client, schedule: { cron: settings.postgres.maintenanceSchedule } },
      ready,
    );

    const retention = { AUDIT_RETENTION_DAYS: String(settings.audit.retentionDays) };
    const config = new SharedConfig(
      "platform-config",
      {
        namespace,
        labels: { app: name },
        values: { MAINTENANCE_MODE: String(settings.maintenance), ...retention, ...settings.config },
      },
      inside,
    );
    const source = programSources<"service">("platform-service", settings.applications, namespace, inside);
    const logFolder: Mount = { path: logs, scratch: settings.logs.storage, ...context.storage };
    application(
      name,
      {
        namespace,
        port: 8080,
        program: server(source(name, "service"), { readiness: "/health" }),
        replicas: settings.replicas,
        resources: settings.resources,
        config,
        // Clients' addresses come in a header that only the ingress controller can set: nobody else gets through to
        // these pods.
        env: { TRUSTED_PROXY: "true", TRUSTED_IDENTITY: String(settings.authenticatingProxy), LOG_DIR: logs },
        clients: [postgres.client, redis.client],
        mounts: [logFolder],
        sidecars: [logCleaner(settings.logs, logFolder)],
      },
      ready,
    );
    auditRetention(
      settings,
      context,
      {
        program: task(source("platform-audit-retention", "service"), ["node", "dist/jobs/audit-retention.js"]),
        client: postgres.client,
        env: retention,
      },
      ready,
    );

    const certificate = new Certificate(
      name,
      {
        namespace,
        labels: { app: name },
        hosts: [settings.host],
        secretName: "tls-cert",
        issuer: context.certificates,
      },
      inside,
    );
    new WebIngress(
      "platform-ingress",
      {
        namespace,
        labels: { app: name },
        host: settings.host,
        service: { name, port: 8080 },
        paths: settings.publicPaths,
        ...context.ingress,
        tlsSecret: certificate.secretName,
      },
      { ...parent, dependsOn: [...inside.dependsOn, certificate] },
    );

    this.target = platformTarget(settings, [postgres, redis]);
    this.registerOutputs({ target: this.target });
  }
}

/** Removes log files past their time from the pod's own bounded volume, once an hour (P08). */
const logCleaner = ({ keepDays }: PlatformServiceSettings["logs"], folder: Mount): ContainerArgs => ({
  name: "log-cleaner",
  sidecar: true,
  image: images.node,
  command: [
    "bash",
    "-c",
    `trap 'exit 0' TERM; while :; do find ${logs} -type f -mtime +${keepDays} -print -delete; sleep 3600 & wait $!; done`,
  ],
  resources: { cpu: { request: "5m", limit: "100m" }, memory: { request: "16Mi", limit: "64Mi" } },
  mounts: [folder],
});
