import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { ConfigurationBackup } from "../../capabilities/configuration-backup/configuration-backup.ts";
import { type Flow, flow, flowsFrom } from "../../capabilities/network-flows.ts";
import { server } from "../../capabilities/program.ts";
import { ReverseProxy } from "../../capabilities/reverse-proxy.ts";
import { SharedConfig } from "../../capabilities/shared-config.ts";
import { type S3Copy, uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import { redisBackup } from "../../data/redis/backup.ts";
import { redisFlows, redisStore } from "../../data/redis/store.ts";
import { application, programSources } from "../application.ts";
import { circuitBreakerProfiles, rateLimitProfiles, type ResilientApiGatewaySettings } from "./settings.ts";
import { securedNamespace } from "../secured-namespace.ts";
import { backupArgs } from "../setting-types.ts";
import type { SystemContext, Target } from "../target.ts";

const namespace = "api-gateway";

/** Who talks to whom in the gateway, and nobody else (X05). */
export const gatewayFlows = (ingress: SystemContext["ingressFrom"], reverseProxy: ResilientApiGatewaySettings["reverseProxy"], s3?: S3Copy): Flow[] => [
  ...(reverseProxy === "nginx" ? [...flowsFrom(ingress, "nginx", 8080), flow("nginx", "proxy-service", 5000)] : flowsFrom(ingress, "proxy-service", 5000)),
  flow("proxy-service", "upstream-service", 5001),
  flow("proxy-service", "redis", 6379),
  flow("redis-backup", "redis", 6379),
  ...["redis-backup", "configuration-backup"].flatMap((app) => uploadFlows(app, s3)),
];

/** A proxy with a rate limiter and a circuit breaker whose state lives in Redis, before an upstream service. */
export class ResilientApiGateway extends pulumi.ComponentResource {
  static readonly namespace = namespace;
  readonly target: Target;

  constructor(settings: ResilientApiGatewaySettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:ResilientApiGateway", "resilient-api-gateway", {}, options);
    const { parent, inside, guarded } = securedNamespace(this, namespace, {
      quota: settings.quota,
      flows: redisFlows("redis", settings.redis.engine, gatewayFlows(context.ingressFrom, settings.reverseProxy, settings.redis.backup.s3)),
      others: ["configuration-backup"],
      metrics: { "proxy-service": 5000, "upstream-service": 5001 },
      certified: settings.tlsSecret !== undefined,
    }, context);

    const { engine, maxMemory, storage, rotation, backup } = settings.redis;
    const redis = redisStore("redis", engine, {
      role: "state",
      namespace,
      serviceName: "redis",
      labels: { app: "redis" },
      maxMemory,
      rotation,
      persistence: { storage, ...context.storage },
      retainData: context.retainData,
    }, guarded);
    if (redis.own) redisBackup("redis-backup", { ...backupArgs(backup), of: "redis", namespace, maxMemory, client: redis.client, ...context.storage, retainData: context.retainData }, { ...parent, dependsOn: [redis.own] }).first();

    const config = new SharedConfig("api-gateway-config", { namespace, labels: { app: "proxy-service" }, values: proxyConfig(settings) }, inside);
    new ConfigurationBackup("configuration-backup", { ...settings.configurationBackup, namespace, configs: [config.configName], ...context.storage, ...(backup.s3 && { s3: { ...backup.s3, prefix: `${backup.s3.prefix}-configuration` } }), retainData: context.retainData }, { ...parent, dependsOn: [config] });

    const { authenticatingProxy, publicPaths: paths } = settings;
    const source = programSources<"proxy" | "upstream">("resilient-api-gateway", settings.applications, namespace, inside);
    const upstream = application("upstream-service", {
      namespace,
      port: 5001,
      program: server(source("upstream-service", "upstream"), { readiness: "/health" }),
      replicas: { fixed: settings.upstream.replicas },
      resources: settings.upstream.resources,
    }, guarded);
    const proxy = application("proxy-service", {
      namespace,
      port: 5000,
      program: server(source("proxy-service", "proxy"), { readiness: "/health" }),
      replicas: settings.proxy.replicas,
      resources: settings.proxy.resources,
      config,
      // Clients' addresses come in a header that only what stands in front can set: nobody else gets through to these pods.
      env: { TRUSTED_PROXY: "true", TRUSTED_IDENTITY: String(authenticatingProxy), UPSTREAM_URL: "http://upstream-service:5001" },
      clients: [redis.client],
    }, { ...parent, dependsOn: [...redis.ready, upstream, config] });
    const front = settings.reverseProxy === "nginx"
      ? new ReverseProxy("nginx", { namespace, upstream: { service: proxy.name, port: 5000 }, replicas: 2, paths, authenticatingProxy }, guarded).service
      : { name: proxy.name, port: 5000 };
    const labels = { app: "proxy-service" };
    const certificate = settings.tlsSecret && new Certificate("proxy-service", { namespace, labels, hosts: [settings.host], secretName: settings.tlsSecret, issuer: context.certificates }, inside);
    new WebIngress("proxy-service", { namespace, labels, host: settings.host, service: front, paths, ...context.ingress, ...(certificate && { tlsSecret: certificate.secretName }) }, certificate ? { ...parent, dependsOn: [...inside.dependsOn, certificate] } : inside);

    this.target = {
      system: "resilient-api-gateway",
      namespace,
      workloads: [
        ...(redis.own ? [{ kind: "StatefulSet", name: "redis", replicas: 1 } as const] : []),
        { kind: "Deployment", name: upstream.name, replicas: settings.upstream.replicas },
        { kind: "Deployment", name: proxy.name, replicas: settings.proxy.replicas.min },
        ...(settings.reverseProxy === "nginx" ? [{ kind: "Deployment", name: "nginx", replicas: 2 } as const] : []),
      ],
      dataStores: [{ kind: "redis-state", name: "redis", ...redis.location, ...(redis.own && { backup: "redis-backup" }) }],
      endpoints: [
        { name: "Gateway", host: settings.host, tls: settings.tlsSecret !== undefined, service: "proxy-service", port: 5000, health: "/health" },
        { name: "Upstream", service: "upstream-service", port: 5001, health: "/health" },
      ],
      // G10.
      objectives: { p95Milliseconds: 1000, upstreamErrorRatePercent: 5, rateLimitedPerSecond: 0.1, redisMemoryPercent: 80 },
    };
    this.registerOutputs({ target: this.target });
  }
}

/** The proxy's settings under the names the runbook tunes (G05, G06). */
function proxyConfig({ rateLimit, circuitBreaker }: ResilientApiGatewaySettings): Record<string, string> {
  const limit = { ...rateLimitProfiles[rateLimit.profile], ...defined({ capacity: rateLimit.capacity, refillPerSecond: rateLimit.refillPerSecond }) };
  const { failureThreshold, resetSeconds, halfOpenSuccesses } = circuitBreaker;
  const breaker = { ...circuitBreakerProfiles[circuitBreaker.profile], ...defined({ failureThreshold, resetSeconds, halfOpenSuccesses }) };
  return {
    RATE_LIMIT_CAPACITY: String(limit.capacity),
    RATE_LIMIT_REFILL_RATE: String(limit.refillPerSecond),
    CIRCUIT_BREAKER_FAILURE_THRESHOLD: String(breaker.failureThreshold),
    CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS: String(breaker.resetSeconds),
    CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD: String(breaker.halfOpenSuccesses),
  };
}

/** Only the values that are given, so that they do not hide a profile's. */
const defined = (values: Record<string, number | undefined>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined));
