import { z } from "zod";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { redisDefaults } from "../../data/redis/redis.ts";
import {
  applications,
  authenticatingProxy,
  backup,
  credentialRotation,
  cron,
  host,
  publicPaths,
  quota,
  redisEngine,
  replicaRange,
  replicas,
  resources,
  size,
} from "../setting-types.ts";

/** Tokens a client may save up, and tokens it gets back in a second (G05). */
export const rateLimitProfiles = {
  iot: { capacity: 10_000, refillPerSecond: 1_000 },
  web: { capacity: 1_000, refillPerSecond: 100 },
  partner: { capacity: 500, refillPerSecond: 50 },
} as const;

/** Failures that open the breaker, seconds until it tries again, and successes that close it (G06). */
export const circuitBreakerProfiles = {
  aggressive: { failureThreshold: 3, resetSeconds: 30, halfOpenSuccesses: 1 },
  tolerant: { failureThreshold: 20, resetSeconds: 300, halfOpenSuccesses: 5 },
} as const;

/** G07, and what the pods ask for of it. */
const application = { cpuRequest: "100m", cpuLimit: "1", memoryRequest: "128Mi", memoryLimit: "512Mi" } as const;

const count = z.int().min(1).max(1_000_000);

/** The API gateway's part of a stack's configuration; the defaults are the runbook's. */
export const resilientApiGatewaySettings = z.strictObject({
  applications: applications(["proxy", "upstream"]),
  host: host.default("gateway.local"),
  /** Secret that the Ingress serves TLS with; its certificate is made with it. @default plain HTTP */
  tlsSecret: z.string().min(1).optional(),
  /** What stands in front: the cluster's ingress controller alone, or an nginx of the system's own behind it (G11). */
  reverseProxy: z.enum(["ingress", "nginx"]).default("ingress"),
  publicPaths: publicPaths("/health", "/proxy"),
  /** Names its clients in X-Client-Id, and each of them has a bucket; elsewhere each address has one. */
  authenticatingProxy,
  proxy: z
    .strictObject({
      replicas: replicaRange({ min: 5, max: 10, targetCpuPercent: 70 }),
      resources: resources(application),
    })
    .prefault({}),
  upstream: z.strictObject({ replicas: replicas.default(2), resources: resources(application) }).prefault({}),
  rateLimit: z
    .strictObject({
      profile: z.enum(["iot", "web", "partner"]).default("web"),
      /** Instead of the profile's own. */
      capacity: count.optional(),
      refillPerSecond: count.optional(),
    })
    .prefault({}),
  circuitBreaker: z
    .strictObject({
      profile: z.enum(["aggressive", "tolerant"]).default("aggressive"),
      failureThreshold: count.optional(),
      resetSeconds: count.optional(),
      halfOpenSuccesses: count.optional(),
    })
    .prefault({}),
  redis: z
    .strictObject({
      engine: redisEngine,
      maxMemory: size.default(redisDefaults.maxMemory),
      storage: size.default("2Gi"),
      rotation: credentialRotation,
      backup: backup({ ...backupDefaults, cron: backupDefaults.schedule.cron }),
    })
    .prefault({}),
  configurationBackup: z
    .strictObject({
      schedule: cron.default("0 3 * * 0"),
      storage: size.default("1Gi"),
      keepDays: z.int().min(1).default(90),
      keepAtLeast: z.int().min(1).default(4),
    })
    .prefault({}),
  quota: quota({ cpu: "24", memory: "16Gi", storage: "40Gi", pods: 50 }),
});

export type ResilientApiGatewaySettings = z.output<typeof resilientApiGatewaySettings>;
