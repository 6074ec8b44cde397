import { z } from "zod";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { postgresDefaults } from "../../data/postgres/postgres.ts";
import { redisDefaults } from "../../data/redis/redis.ts";
import {
  applications,
  authenticatingProxy,
  backup,
  credentialRotation,
  cron,
  host,
  postgresEngine,
  publicPaths,
  quota,
  replicaRange,
  redisEngine,
  resources,
  size,
} from "../setting-types.ts";

/** The platform service's part of a stack's configuration; the defaults are the runbook's. */
export const platformServiceSettings = z.strictObject({
  applications: applications(["service"]),
  host: host.default("platform-service"),
  publicPaths: publicPaths("/health", "/v1"),
  /** Names its users in X-User-Id, and audit events then name them; elsewhere the actor of an event is "anonymous". */
  authenticatingProxy,
  /** P02. */
  replicas: replicaRange({ min: 3, max: 8, targetCpuPercent: 70 }),
  resources: resources({ cpuRequest: "100m", cpuLimit: "1", memoryRequest: "256Mi", memoryLimit: "1Gi" }),
  /** Writes are refused and everything else is answered (P10). */
  maintenance: z.boolean().default(false),
  /** More values of platform-config, under the names the service reads. */
  config: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  audit: z
    .strictObject({
      /** Events past it are archived and then deleted; never fewer than 90 days. */
      retentionDays: z.int().min(90).default(365),
      schedule: cron.default("30 3 * * *"),
      archiveStorage: size.default("5Gi"),
    })
    .prefault({}),
  logs: z
    .strictObject({
      /** P08. */
      keepDays: z.int().min(1).default(7),
      storage: size.default("256Mi"),
    })
    .prefault({}),
  postgres: z
    .strictObject({
      engine: postgresEngine,
      storage: size.default(postgresDefaults.storage),
      maxConnections: z.int().min(20).max(5000).default(postgresDefaults.maxConnections),
      rotation: credentialRotation,
      resources: resources({ cpuRequest: "250m", cpuLimit: "2", memoryRequest: "1Gi", memoryLimit: "2Gi" }),
      backup: backup({ ...backupDefaults, cron: backupDefaults.schedule.cron }),
      /** VACUUM ANALYZE (P06). */
      maintenanceSchedule: cron.default("0 4 * * 0"),
    })
    .prefault({}),
  redis: z
    .strictObject({
      engine: redisEngine,
      maxMemory: size.default(redisDefaults.maxMemory),
      rotation: credentialRotation,
    })
    .prefault({}),
  quota: quota({ cpu: "24", memory: "32Gi", storage: "120Gi", pods: 50 }),
});

export type PlatformServiceSettings = z.output<typeof platformServiceSettings>;
