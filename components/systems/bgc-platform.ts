import * as pulumi from "@pulumi/pulumi";
import { bundleServer } from "../../workloads/bundle.ts";
import { ContentMap, contentHash } from "../capabilities/content-map.ts";
import { Credential } from "../capabilities/credential.ts";
import { GuardedNamespace } from "../capabilities/guarded-namespace.ts";
import { type Flow, flow, NetworkFlows } from "../capabilities/network-flows.ts";
import { type Program, program, type ProgramSource } from "../capabilities/program.ts";
import { scripts } from "../capabilities/scripts.ts";
import { SealedSecret } from "../capabilities/sealed-secret.ts";
import { WebIngress } from "../capabilities/web-ingress.ts";
import { Postgres, postgresIdentity } from "../data/postgres/postgres.ts";
import { Redis } from "../data/redis.ts";
import { images } from "../images.ts";
import type { ContainerArgs, Mount, Resources } from "../workload/container.ts";
import { Job } from "../workload/job.ts";
import { Workload } from "../workload/workload.ts";
import { type BgcPlatformSettings, unsealed } from "./bgc-platform.settings.ts";
import type { SystemContext, Target } from "./target.ts";

const namespace = "data";
const folder = new URL("../../workloads/", import.meta.url).pathname;

/** Clients' addresses come in a header that only the ingress controller and the web front can set: nobody else gets through to these pods. */
const behindProxy = { TRUSTED_PROXY: "true" };

/** Who talks to whom in the BGC platform, and nobody else (X05, B18). */
export const bgcFlows = (ingress: SystemContext["ingressNamespace"], backupBucket?: string): Flow[] => [
  { from: { namespace: ingress }, to: { app: "bgc-api" }, ports: [8080] },
  { from: { namespace: ingress }, to: { app: "bgc-web" }, ports: [8080] },
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
  ...(backupBucket ? [{ from: { app: "postgres-backup" }, to: { cidr: backupBucket }, ports: [443] }] : []),
];

/** The trade-data platform: Postgres, a Redis cache, the integration gateway, the API with its simulator, and the web front. */
export class BgcPlatform extends pulumi.ComponentResource {
  readonly target: Target;

  constructor(settings: BgcPlatformSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:BgcPlatform", "bgc-platform", {}, options);
    const parent = { parent: this };
    const { guards } = new GuardedNamespace(namespace, { quota: settings.quota, protect: context.retainData }, parent);
    const inside = { ...parent, dependsOn: guards };
    const flows = new NetworkFlows(namespace, { namespace, flows: bgcFlows(context.ingressNamespace, settings.postgres.backup.s3?.cidr) }, inside);
    const guarded = { ...parent, dependsOn: [...guards, flows] };

    const { backup, ...postgresSettings } = settings.postgres;
    const postgres = new Postgres("postgres", {
      namespace,
      serviceName: "pg-postgresql",
      labels: { app: "postgres" },
      database: "bgc",
      user: "bgc",
      ...postgresSettings,
      resources: resources(settings.postgres.resources, "1Gi"),
      ...context.storage,
      backup: { ...backup, schedule: { cron: backup.schedule, timeZone: backup.timeZone } },
      retainData: context.retainData,
    }, guarded);
    const redis = new Redis("redis", { role: "cache", namespace, serviceName: "redis", labels: { app: "redis" }, ...settings.redis }, guarded);

    const migrations = this.sqlJob("bgc-migrations", "migrate.sh", { "migrate.sh": scripts(folder)["migrate.sh"]!, ...scripts(`${folder}bgc-platform/migrations`) }, postgres, postgres.provisioning);
    const countries = this.sqlJob("populate-countries", "populate.sh", scripts(`${folder}bgc-platform`), postgres, migrations);

    const source = programSource(settings, namespace, inside);
    const clients = [postgres.client, redis.client];
    const comexstat = comexstatSecret(settings, inside);
    const gateway = application("integration-gateway", 8081, program(source("integration-gateway", "integrationGateway"), "/health"), {
      ...settings.integrationGateway,
      clients: [...clients, { env: { COMEXSTAT_CREDENTIALS_FILE: "/credentials/comexstat/api-key" }, mounts: [{ path: "/credentials/comexstat", secret: comexstat.secretName, optional: true }], annotations: {} }],
    }, { ...parent, dependsOn: [postgres.provisioning, redis.workload, migrations, comexstat] });
    const api = application("bgc-api", 8080, program(source("bgc-api", "api"), "/healthz"), {
      ...settings.api,
      env: { ...behindProxy, FREE_TIER_REQUESTS_PER_DAY: String(settings.api.freeTierRequestsPerDay), INTEGRATION_GATEWAY_URL: "http://integration-gateway:8081" },
      clients,
    }, { ...parent, dependsOn: [migrations, countries, redis.workload] });
    const web = application("bgc-web", 8080, program(source("bgc-web", "web"), "/healthz"), {
      ...settings.web,
      env: { ...behindProxy, API_URL: "http://bgc-api:8080" },
      clients: [],
    }, { ...parent, dependsOn: guards });

    for (const [name, host] of [["bgc-api", settings.hosts.api], ["bgc-web", settings.hosts.web]] as const) {
      new WebIngress(name, { namespace, labels: { app: name }, host, service: { name, port: 8080 }, ...context.ingress, ...(settings.tlsSecret && { tlsSecret: settings.tlsSecret }) }, inside);
    }
    this.target = {
      system: "bgc-platform",
      namespace,
      workloads: [
        { kind: "StatefulSet", name: "postgres", replicas: 1 },
        { kind: "Deployment", name: "redis", replicas: 1 },
        { kind: "Deployment", name: gateway.name, replicas: settings.integrationGateway.replicas },
        { kind: "Deployment", name: api.name, replicas: settings.api.replicas },
        { kind: "Deployment", name: web.name, replicas: settings.web.replicas },
      ],
      dataStores: [
        { kind: "postgres", name: "postgres", service: "pg-postgresql", port: 5432, database: "bgc", user: "bgc", backup: "postgres-backup" },
        { kind: "redis-cache", name: "redis", service: "redis", port: 6379 },
      ],
      endpoints: [
        { name: "API", host: settings.hosts.api, service: "bgc-api", port: 8080, health: "/healthz" },
        { name: "Web", host: settings.hosts.web, service: "bgc-web", port: 8080, health: "/healthz" },
        { name: "Integration gateway", service: "integration-gateway", port: 8081, health: "/health" },
      ],
      objectives: { p95Milliseconds: 200, errorRatePercent: 0.1, cacheHitRatePercent: 80, activeConnections: 50, postgresRestartsPerWeek: 0 },
    };
    this.registerOutputs({ target: this.target });
  }

  /** A script with its SQL files, run once for each content as the database's owner (B08, B09). */
  private sqlJob(name: string, script: string, files: Record<string, string>, postgres: Postgres, after: pulumi.Resource): Job {
    const options = { parent: this, dependsOn: [after] };
    const map = new ContentMap(name, { namespace, labels: { app: name }, files }, options);
    return new Job(name, {
      jobName: name === "populate-countries" ? name : `${name}-${contentHash(files)}`,
      namespace,
      labels: { app: name },
      annotations: postgres.client.annotations,
      identity: postgresIdentity,
      deadline: "15m",
      containers: [{
        name,
        image: images.postgres,
        command: ["bash", `/sql/${script}`],
        env: { ...postgres.client.env, MIGRATIONS_DIR: "/sql" },
        resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "256Mi" } },
        mounts: [{ path: "/sql", configMap: map.mapName }, { path: "/tmp", scratch: "64Mi" }, ...postgres.client.mounts],
      }],
    }, options);
  }
}

interface ApplicationArgs {
  readonly replicas: number;
  readonly resources: BgcPlatformSettings["api"]["resources"];
  readonly env?: Record<string, string>;
  readonly clients: readonly { readonly env: Record<string, string>; readonly mounts: readonly Mount[]; readonly annotations: Record<string, string> }[];
}

function application(name: string, port: number, { container, identity }: Program, args: ApplicationArgs, options: pulumi.ComponentResourceOptions): Workload {
  const main: ContainerArgs = {
    ...container,
    name,
    env: { PORT: String(port), ...container.env, ...args.env, ...Object.assign({}, ...args.clients.map(({ env }) => env)) },
    ports: { http: port },
    resources: resources(args.resources),
    mounts: [...container.mounts, ...args.clients.flatMap(({ mounts }) => mounts)],
    preStopSleep: 5,
  };
  return new Workload(name, {
    namespace,
    labels: { app: name },
    annotations: Object.assign({ "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": "/metrics" }, ...args.clients.map(({ annotations }) => annotations)),
    controller: { kind: "Deployment" },
    replicas: { fixed: args.replicas },
    identity,
    terminationGracePeriod: "40s",
    containers: [main],
    service: { name, ports: { [port]: "http" } },
  }, options);
}

function resources(settings: BgcPlatformSettings["api"]["resources"], ephemeral: "512Mi" | "1Gi" = "512Mi"): Resources {
  return {
    cpu: { request: settings.cpuRequest, limit: settings.cpuLimit },
    memory: { request: settings.memoryRequest, limit: settings.memoryLimit },
    ephemeralStorage: { request: "64Mi", limit: ephemeral },
  };
}

/** Chooses between the stack's images and the contract server, whose bundle is made only where it is used. */
function programSource({ applications }: BgcPlatformSettings, namespace: string, options: pulumi.ComponentResourceOptions) {
  type Images = Extract<BgcPlatformSettings["applications"], { source: "images" }>;
  if (applications.source === "images") {
    return (_role: string, key: Exclude<keyof Images, "source">): ProgramSource => ({ image: applications[key] });
  }
  const server = bundleServer();
  const map = new ContentMap("contract-server", {
    namespace,
    labels: { app: "contract-server" },
    files: { [server.fileName]: server.source, nc: scripts(`${folder}tools`, /^nc\.cjs$/)["nc.cjs"]! },
  }, options);
  return (role: string): ProgramSource => ({ contractServer: { map: map.mapName, role } });
}

/** Sealed for the cluster where the stack has sealed values (B16); otherwise a generated stand-in that no one can log in with. */
function comexstatSecret({ comexstat }: BgcPlatformSettings, options: pulumi.ComponentResourceOptions): SealedSecret | Credential {
  const name = "comexstat-credentials";
  const labels = { app: "integration-gateway" };
  if (!comexstat) {
    return new Credential(name, { namespace, labels, protect: false, content: (password) => ({ "api-key": pulumi.interpolate`stand-in-${password}` }) }, options);
  }
  const missing = Object.entries(comexstat.encryptedData).filter(([, value]) => value === unsealed).map(([key]) => key);
  if (missing.length > 0) {
    const message = `bgc-platform.comexstat.encryptedData.${missing.join(", ")} still says ${unsealed}: seal it with "kubeseal --raw --namespace ${namespace} --name ${name}" and put the output there`;
    if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(message);
    void pulumi.log.warn(message, undefined, undefined, true);
  }
  return new SealedSecret(name, { namespace, labels, encryptedData: comexstat.encryptedData }, options);
}

