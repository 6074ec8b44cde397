import { z } from "zod";
import { backupDefaults } from "../data/postgres/backup.ts";
import { postgresDefaults } from "../data/postgres/postgres.ts";
import { redisDefaults } from "../data/redis.ts";
import { cpu, credentialRotation, cron, host, image, replicas, size, timeZone } from "./setting-types.ts";

/** What stands in a stack's file for sealed values that nobody has made yet. */
export const unsealed = "REPLACE_WITH_KUBESEAL_OUTPUT";

const resources = (defaults: { cpuRequest: string; cpuLimit: string; memoryRequest: string; memoryLimit: string }) =>
  z.strictObject({
    cpuRequest: cpu.default(defaults.cpuRequest as never),
    cpuLimit: cpu.default(defaults.cpuLimit as never),
    memoryRequest: size.default(defaults.memoryRequest as never),
    memoryLimit: size.default(defaults.memoryLimit as never),
  }).prefault({});

const application = { cpuRequest: "50m", cpuLimit: "1", memoryRequest: "96Mi", memoryLimit: "256Mi" };

/** The BGC platform's part of a stack's configuration; the defaults are the runbook's. */
export const bgcPlatformSettings = z.strictObject({
  applications: z.discriminatedUnion("source", [
    z.strictObject({ source: z.literal("contract-server") }),
    z.strictObject({ source: z.literal("images"), api: image, integrationGateway: image, web: image }),
  ]).default({ source: "contract-server" }),
  hosts: z.strictObject({ api: host.default("api.bgc.local"), web: host.default("web.bgc.local") }).prefault({}),
  tlsSecret: z.string().min(1).optional(),
  api: z.strictObject({ replicas: replicas.default(1), freeTierRequestsPerDay: z.int().min(1).default(5), resources: resources(application) }).prefault({}),
  integrationGateway: z.strictObject({ replicas: replicas.default(2), resources: resources(application) }).prefault({}),
  web: z.strictObject({ replicas: replicas.default(1), resources: resources(application) }).prefault({}),
  postgres: z.strictObject({
    storage: size.default(postgresDefaults.storage),
    maxConnections: z.int().min(20).max(5000).default(postgresDefaults.maxConnections),
    rotation: credentialRotation,
    resources: resources({ cpuRequest: "250m", cpuLimit: "2", memoryRequest: "1Gi", memoryLimit: "2Gi" }),
    backup: z.strictObject({
      schedule: cron.default(backupDefaults.schedule.cron),
      timeZone: timeZone.default(backupDefaults.schedule.timeZone),
      storage: size.default(backupDefaults.storage),
      keepDays: z.int().min(1).default(backupDefaults.keepDays),
      keepAtLeast: z.int().min(1).default(backupDefaults.keepAtLeast),
      s3: z.strictObject({ cidr: z.cidrv4(), endpoint: z.url(), region: z.string().min(1), bucket: z.string().min(1), prefix: z.string().min(1), credentialsSecret: z.string().min(1) }).optional(),
    }).prefault({}),
  }).prefault({}),
  redis: z.strictObject({ maxMemory: size.default(redisDefaults.maxMemory), rotation: credentialRotation }).prefault({}),
  comexstat: z.strictObject({ encryptedData: z.record(z.string(), z.string().min(1)) }).optional(),
  quota: z.strictObject({ cpu: cpu.default("8"), memory: size.default("16Gi"), storage: size.default("100Gi"), pods: z.int().min(10).default(50) }).prefault({}),
});

export type BgcPlatformSettings = z.output<typeof bgcPlatformSettings>;
