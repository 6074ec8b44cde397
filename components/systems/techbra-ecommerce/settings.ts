import { z } from "zod";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { kafkaDefaults, kafkaResources } from "../../data/kafka/kafka.ts";
import { redisDefaults } from "../../data/redis/redis.ts";
import {
  applications,
  backup,
  credentialRotation,
  egress,
  kafkaEngine,
  postgresEngine,
  quota,
  replicaRange,
  redisEngine,
  resources,
  size,
} from "../setting-types.ts";

/** Half a core to start a JVM within its budget, and room for its heap. */
const application = { cpuRequest: "100m", cpuLimit: "1", memoryRequest: "256Mi", memoryLimit: "768Mi" } as const;

const service = (max: number) =>
  z.strictObject({ replicas: replicaRange({ min: 1, max, targetCpuPercent: 70 }), resources: resources(application) });

const dailyBackup = (storage: "5Gi" | "10Gi" | "1Gi") =>
  backup({ ...backupDefaults, storage, cron: backupDefaults.schedule.cron });

/** The e-commerce platform's part of a stack's configuration; the defaults are the runbook's. */
export const techbraEcommerceSettings = z
  .strictObject({
    applications: applications(["order", "billing", "inventory", "bff"]),
    order: service(3).prefault({}),
    /** `egress` is the payment provider's servers. @default it reaches none, as the contract server needs none */
    billing: service(2).extend({ egress }).prefault({}),
    inventory: service(3).prefault({}),
    bff: service(3).prefault({}),
    /** Messages that one consumer may leave waiting before another is started, where KEDA is (T04, T07). */
    consumerLag: z.int().min(1).default(1000),
    /** Share of payments that the contract server lets fail, from 0 to 1: for drills. */
    paymentFailureRate: z.number().min(0).max(1).default(0),
    /** Resilience4j's settings (T13). */
    circuitBreaker: z
      .strictObject({
        failureRatePercent: z.int().min(1).max(100).default(50),
        slidingWindow: z.int().min(2).max(10_000).default(20),
        waitSeconds: z.int().min(1).max(3600).default(10),
      })
      .prefault({}),
    kafka: z
      .strictObject({
        engine: kafkaEngine,
        brokers: z
          .union([z.literal(1), z.literal(3)], {
            error: "expected 1 or 3: two brokers cannot outvote one that is away",
          })
          .default(kafkaDefaults.brokers),
        /** The most pods of one consumer that share the work. */
        partitions: z.int().min(1).max(100).default(6),
        storage: size.default(kafkaDefaults.storage),
        resources: resources(kafkaResources),
        backup: dailyBackup("1Gi"),
      })
      .prefault({}),
    postgres: z
      .strictObject({
        engine: postgresEngine,
        storage: size.default("10Gi"),
        maxConnections: z.int().min(20).max(5000).default(200),
        rotation: credentialRotation,
        resources: resources({ cpuRequest: "250m", cpuLimit: "2", memoryRequest: "1Gi", memoryLimit: "2Gi" }),
        backup: dailyBackup("10Gi"),
      })
      .prefault({}),
    redis: z
      .strictObject({
        engine: redisEngine,
        maxMemory: size.default(redisDefaults.maxMemory),
        rotation: credentialRotation,
        backup: dailyBackup("5Gi"),
      })
      .prefault({}),
    /** kafka-ui, Grafana, Jaeger and Prometheus beside the system (T05). */
    tools: z
      .strictObject({
        enabled: z.boolean().default(true),
        metricsRetentionDays: z.int().min(1).default(15),
        /** Traces that Jaeger keeps in memory. */
        traces: z.int().min(1000).default(50_000),
      })
      .prefault({}),
    quota: quota({ cpu: "24", memory: "32Gi", storage: "150Gi", pods: 60 }),
  })
  .refine(
    ({ kafka, ...services }) =>
      [services.order, services.billing, services.inventory].every(({ replicas }) => replicas.max <= kafka.partitions),
    {
      error: "a consumer's replicas.max is above kafka.partitions: the pods beyond would have nothing to do",
      path: ["kafka", "partitions"],
    },
  );

export type TechbraEcommerceSettings = z.output<typeof techbraEcommerceSettings>;
