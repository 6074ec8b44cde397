import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { Credential } from "../../capabilities/credential.ts";
import { egressFlows, type Flow, flow, flowsFrom } from "../../capabilities/network-flows.ts";
import { server } from "../../capabilities/program.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { SealedSecret } from "../../capabilities/sealed-secret.ts";
import { type S3Copy, uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import { migrations, sqlJob } from "../../data/postgres/sql-job.ts";
import { postgresFlows, postgresSelectors, postgresStore } from "../../data/postgres/store.ts";
import { redisFlows, redisStore } from "../../data/redis/store.ts";
import { application, programSources } from "../application.ts";
import type { BgcPlatformSettings } from "./settings.ts";
import { securedNamespace } from "../secured-namespace.ts";
import { backupArgs, containerResources } from "../setting-types.ts";
import type { SystemContext, Target } from "../target.ts";

const namespace = "data";
const folder = new URL("../../../workloads/bgc-platform/", import.meta.url).pathname;

/** Clients' addresses come in a header that only the ingress controller and the web front can set: nobody else gets through to these pods. */
const behindProxy = { TRUSTED_PROXY: "true" };

/** Ports of what tells metrics. */
const metrics = { "bgc-api": 8080, "bgc-web": 8080, "integration-gateway": 8081 };

/** Who talks to whom in the BGC platform, and nobody else (X05, B18). */
export const bgcFlows = (ingress: SystemContext["ingressFrom"], s3?: S3Copy, comexstat?: BgcPlatformSettings["integrationGateway"]["egress"]): Flow[] => [
  ...flowsFrom(ingress, "bgc-api", 8080),
  ...flowsFrom(ingress, "bgc-web", 8080),
  flow("bgc-web", "bgc-api", 8080),
  flow("bgc-api", "postgres", 5432),
  flow("bgc-api", "redis", 6379),
  flow("bgc-api", "integration-gateway", 8081),
  flow("integration-gateway", "postgres", 5432),
  flow("integration-gateway", "redis", 6379),
  flow("postgres-provision", "postgres", 5432),
  flow("postgres-backup", "postgres", 5432),
  flow("bgc-migrations", "postgres", 5432),
  flow("populate-countries", "postgres", 5432),
  ...egressFlows("integration-gateway", comexstat),
  ...uploadFlows("postgres-backup", s3),
];

/** The trade-data platform: Postgres, a Redis cache, the integration gateway, the API with its simulator, and the web front. */
export class BgcPlatform extends pulumi.ComponentResource {
  static readonly namespace = namespace;
  readonly target: Target;

  constructor(settings: BgcPlatformSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:BgcPlatform", "bgc-platform", {}, options);
    const { parent, inside, guarded } = securedNamespace(this, namespace, {
      quota: settings.quota,
      flows: redisFlows("redis", settings.redis.engine, postgresFlows("postgres", settings.postgres.engine, bgcFlows(context.ingressFrom, settings.postgres.backup.s3, settings.integrationGateway.egress))),
      selectors: postgresSelectors("postgres", settings.postgres.engine),
      metrics,
      certified: settings.tlsSecret !== undefined,
    }, context);

    const { backup, engine, ...postgresSettings } = settings.postgres;
    const postgres = postgresStore("postgres", engine, {
      namespace,
      serviceName: "pg-postgresql",
      labels: { app: "postgres" },
      database: "bgc",
      user: "bgc",
      ...postgresSettings,
      resources: containerResources(settings.postgres.resources, "1Gi"),
      ...context.storage,
      backup: backupArgs(backup),
      retainData: context.retainData,
    }, guarded);
    const { engine: redisEngine, ...redisSettings } = settings.redis;
    const redis = redisStore("redis", redisEngine, { role: "cache", namespace, serviceName: "redis", labels: { app: "redis" }, ...redisSettings }, guarded);

    const migrated = migrations("bgc-migrations", { namespace, postgres, folder: `${folder}migrations` }, { ...parent, dependsOn: [...postgres.ready] });
    const countries = sqlJob("populate-countries", { namespace, postgres, script: "populate.sh", files: scripts(folder), jobName: "populate-countries" }, { ...parent, dependsOn: [migrated] });
    postgres.backup?.first([countries]);

    const source = programSources<"api" | "integrationGateway" | "web">("bgc-platform", settings.applications, namespace, inside);
    const clients = [postgres.client, redis.client];
    const comexstat = comexstatSecret(settings, inside);
    const gateway = application("integration-gateway", {
      namespace,
      port: 8081,
      program: server(source("integration-gateway", "integrationGateway"), { readiness: "/health" }),
      replicas: { fixed: settings.integrationGateway.replicas },
      resources: settings.integrationGateway.resources,
      clients: [...clients, { env: { COMEXSTAT_CREDENTIALS_FILE: "/credentials/comexstat/api-key" }, mounts: [{ path: "/credentials/comexstat", secret: comexstat.secretName, optional: true }], annotations: {} }],
    }, { ...parent, dependsOn: [...postgres.ready, ...redis.ready, migrated, comexstat] });
    const api = application("bgc-api", {
      namespace,
      port: 8080,
      program: server(source("bgc-api", "api"), { readiness: "/healthz" }),
      replicas: { fixed: settings.api.replicas },
      resources: settings.api.resources,
      env: { ...behindProxy, TRUSTED_IDENTITY: String(settings.authenticatingProxy), FREE_TIER_REQUESTS_PER_DAY: String(settings.api.freeTierRequestsPerDay), INTEGRATION_GATEWAY_URL: "http://integration-gateway:8081" },
      clients,
    }, { ...parent, dependsOn: [migrated, countries, ...redis.ready] });
    const web = application("bgc-web", {
      namespace,
      port: 8080,
      program: server(source("bgc-web", "web"), { readiness: "/healthz" }),
      replicas: { fixed: settings.web.replicas },
      resources: settings.web.resources,
      env: { ...behindProxy, API_URL: "http://bgc-api:8080" },
    }, inside);

    const certificate = settings.tlsSecret && new Certificate("bgc-platform", { namespace, labels: { app: "bgc-web" }, hosts: [settings.hosts.api, settings.hosts.web], secretName: settings.tlsSecret, issuer: context.certificates }, inside);
    for (const [name, host, paths] of [["bgc-api", settings.hosts.api, settings.publicPaths.api], ["bgc-web", settings.hosts.web, settings.publicPaths.web]] as const) {
      new WebIngress(name, { namespace, labels: { app: name }, host, service: { name, port: 8080 }, paths, ...context.ingress, ...(certificate && { tlsSecret: certificate.secretName }) }, certificate ? { ...parent, dependsOn: [...inside.dependsOn, certificate] } : inside);
    }
    this.target = {
      system: "bgc-platform",
      namespace,
      workloads: [
        ...(engine.kind === "statefulset" ? [{ kind: "StatefulSet", name: "postgres", replicas: 1 } as const] : []),
        ...(redis.own ? [{ kind: "Deployment", name: "redis", replicas: 1 } as const] : []),
        { kind: "Deployment", name: gateway.name, replicas: settings.integrationGateway.replicas },
        { kind: "Deployment", name: api.name, replicas: settings.api.replicas },
        { kind: "Deployment", name: web.name, replicas: settings.web.replicas },
      ],
      dataStores: [
        { kind: "postgres", name: "postgres", database: "bgc", user: "bgc", ...postgres.location },
        { kind: "redis-cache", name: "redis", ...redis.location },
      ],
      endpoints: [
        { name: "API", host: settings.hosts.api, tls: settings.tlsSecret !== undefined, service: "bgc-api", port: 8080, health: "/healthz" },
        { name: "Web", host: settings.hosts.web, tls: settings.tlsSecret !== undefined, service: "bgc-web", port: 8080, health: "/healthz" },
        { name: "Integration gateway", service: "integration-gateway", port: 8081, health: "/health" },
      ],
      objectives: { p95Milliseconds: 200, errorRatePercent: 0.1, cacheHitRatePercent: 80, activeConnections: 50, postgresRestartsPerWeek: 0 },
    };
    this.registerOutputs({ target: this.target });
  }
}

/** Sealed for the cluster where the stack has sealed values (B16); otherwise a generated stand-in that no one can log in with. */
function comexstatSecret({ comexstat }: BgcPlatformSettings, options: pulumi.ComponentResourceOptions): SealedSecret | Credential {
  const name = "comexstat-credentials";
  const labels = { app: "integration-gateway" };
  if (!comexstat) {
    return new Credential(name, { namespace, labels, protect: false, content: (password) => ({ "api-key": pulumi.interpolate`stand-in-${password}` }) }, options);
  }
  return new SealedSecret(name, { namespace, labels, encryptedData: comexstat.encryptedData, settingPath: "bgc-platform.comexstat.encryptedData" }, options);
}

