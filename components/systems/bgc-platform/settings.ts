import { z } from "zod";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { postgresDefaults } from "../../data/postgres/postgres.ts";
import { redisDefaults } from "../../data/redis/redis.ts";
import {
  applications,
  authenticatingProxy,
  backup,
  credentialRotation,
  egress,
  host,
  postgresEngine,
  publicPaths,
  quota,
  redisEngine,
  replicas,
  resources,
  size,
} from "../setting-types.ts";

const application = { cpuRequest: "50m", cpuLimit: "1", memoryRequest: "96Mi", memoryLimit: "256Mi" } as const;

/** The BGC platform's part of a stack's configuration; the defaults are the runbook's. */
export const bgcPlatformSettings = z.strictObject({
  applications: applications(["api", "integrationGateway", "web"]),
  hosts: z.strictObject({ api: host.default("api.bgc.local"), web: host.default("web.bgc.local") }).prefault({}),
  /** The web image's own folders of scripts and styles belong to `web`. */
  publicPaths: z
    .strictObject({
      api: publicPaths("/healthz", "/v1"),
      web: publicPaths("/", "/healthz", "/api", "/assets", "/static"),
    })
    .prefault({}),
  /** Names its clients in X-User-Id; elsewhere each address has a quota of its own. */
  authenticatingProxy,
  /** Secret that both Ingresses serve TLS with; its certificate is made with it. @default plain HTTP */
  tlsSecret: z.string().min(1).optional(),
  api: z
    .strictObject({
      replicas: replicas.default(1),
      freeTierRequestsPerDay: z.int().min(1).default(5),
      resources: resources(application),
    })
    .prefault({}),
  integrationGateway: z
    .strictObject({
      replicas: replicas.default(2),
      resources: resources(application),
      /**
       * ComexStat's servers, which the gateway reads trade data from (B16).
       * @default it reaches none, as the contract server needs none
       */
      egress,
    })
    .prefault({}),
  web: z.strictObject({ replicas: replicas.default(1), resources: resources(application) }).prefault({}),
  postgres: z
    .strictObject({
      engine: postgresEngine,
      storage: size.default(postgresDefaults.storage),
      maxConnections: z.int().min(20).max(5000).default(postgresDefaults.maxConnections),
      rotation: credentialRotation,
      resources: resources({ cpuRequest: "250m", cpuLimit: "2", memoryRequest: "1Gi", memoryLimit: "2Gi" }),
      backup: backup({ ...backupDefaults, cron: backupDefaults.schedule.cron }),
    })
    .prefault({}),
  redis: z
    .strictObject({
      engine: redisEngine,
      maxMemory: size.default(redisDefaults.maxMemory),
      rotation: credentialRotation,
    })
    .prefault({}),
  comexstat: z.strictObject({ encryptedData: z.record(z.string(), z.string().min(1)) }).optional(),
  quota: quota({ cpu: "8", memory: "16Gi", storage: "100Gi", pods: 50 }),
});

export type BgcPlatformSettings = z.output<typeof bgcPlatformSettings>;
