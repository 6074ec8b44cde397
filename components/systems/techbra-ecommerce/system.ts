import * as pulumi from "@pulumi/pulumi";
import { egressFlows, type Flow, flow } from "../../capabilities/network-flows.ts";
import { server } from "../../capabilities/program.ts";
import { uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import type { Client } from "../../data/client.ts";
import { lagSecurity } from "../../data/kafka/lag-security.ts";
import { kafkaFlows, kafkaSelectors, kafkaStore } from "../../data/kafka/store.ts";
import { migrations } from "../../data/postgres/sql-job.ts";
import { postgresFlows, postgresSelectors, postgresStore } from "../../data/postgres/store.ts";
import { redisBackup } from "../../data/redis/backup.ts";
import { redisFlows, redisStore } from "../../data/redis/store.ts";
import type { ConsumerLag, Replicas } from "../../workload/workload.ts";
import { application, programSources } from "../application.ts";
import { securedNamespace } from "../secured-namespace.ts";
import { backupArgs, containerResources } from "../setting-types.ts";
import { springClient, type SpringStores } from "./spring.ts";
import type { SystemContext, Target } from "../target.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";
import { ObservabilityTools, toolFlows } from "./tools.ts";

const namespace = "techbra-test";

/** Services that follow Kafka, with the topics whose lag tells how far behind they are (T04): all that each consumes. */
const consumers = { "order-service": ["order.events", "billing.events"], "billing-service": ["order.events"], "inventory-service": ["order.events", "billing.events"] } as const;

/** Ports of what tells metrics. */
const metrics = { "order-service": 8081, "billing-service": 8082, "inventory-service": 8083, bff: 8084 };

const labels = (name: string) => ({ app: name, "app.kubernetes.io/name": name });

/** Who talks to whom in the shop, and nobody else (X05). */
export const techbraFlows = ({ tools, kafka, postgres, redis, billing }: Pick<TechbraEcommerceSettings, "tools" | "kafka" | "postgres" | "redis" | "billing">, { addons }: Pick<SystemContext, "addons">): Flow[] => [
  ...(addons.has("keda") ? [{ from: { namespace: "keda" }, to: { app: "kafka" }, ports: [9092] }] : []),
  flow("bff", "order-service", 8081),
  flow("bff", "billing-service", 8082),
  flow("bff", "redis", 6379),
  ...Object.keys(consumers).flatMap((service) => [flow(service, "postgres", 5432), flow(service, "kafka", 9092)]),
  // What a broker alone says to itself never leaves its pod.
  ...(kafka.brokers > 1 ? [flow("kafka", "kafka", 9092, 9093)] : []),
  flow("kafka-topics", "kafka", 9092),
  flow("kafka-backup", "kafka", 9092),
  flow("postgres-provision", "postgres", 5432),
  flow("postgres-backup", "postgres", 5432),
  flow("techbra-migrations", "postgres", 5432),
  flow("redis-backup", "redis", 6379),
  ...egressFlows("billing-service", billing.egress),
  ...Object.entries({ "kafka-backup": kafka, "postgres-backup": postgres, "redis-backup": redis }).flatMap(([app, { backup }]) => uploadFlows(app, backup.s3)),
  ...(tools.enabled ? toolFlows : []),
];

/** An online shop whose orders, payments and stock agree through events on Kafka, with a front service for its clients. */
export class TechbraEcommerce extends pulumi.ComponentResource {
  static readonly namespace = namespace;
  readonly target: Target;

  constructor(settings: TechbraEcommerceSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:TechbraEcommerce", "techbra-ecommerce", {}, options);
    const { parent, inside, guarded } = securedNamespace(this, namespace, {
      quota: settings.quota,
      flows: redisFlows("redis", settings.redis.engine, kafkaFlows("kafka", settings.kafka.engine, postgresFlows("postgres", settings.postgres.engine, techbraFlows(settings, context)))),
      // Every broker finds itself by the name that it announces.
      resolving: ["kafka"],
      metrics,
      selectors: { ...postgresSelectors("postgres", settings.postgres.engine), ...kafkaSelectors("kafka", settings.kafka.engine) },
    }, context);
    const { retainData, storage } = context;

    const { engine, ...postgresSettings } = settings.postgres;
    const postgres = postgresStore("postgres", engine, {
      namespace,
      serviceName: "postgres",
      labels: labels("postgres"),
      database: "ecommerce_db",
      user: "ecommerce_user",
      extensions: ["pg_stat_statements"],
      ...postgresSettings,
      resources: containerResources(settings.postgres.resources, "1Gi"),
      ...storage,
      backup: backupArgs(settings.postgres.backup),
      retainData,
    }, guarded);
    const redis = redisStore("redis", settings.redis.engine, { role: "cache", namespace, serviceName: "redis", labels: labels("redis"), maxMemory: settings.redis.maxMemory, rotation: settings.redis.rotation }, guarded);
    if (redis.own) redisBackup("redis-backup", { ...backupArgs(settings.redis.backup), of: "redis", namespace, maxMemory: settings.redis.maxMemory, client: redis.client, ...storage, retainData }, { ...parent, dependsOn: [redis.own] }).first();
    const kafka = kafkaStore("kafka", settings.kafka.engine, {
      namespace,
      serviceName: "kafka-kafka",
      labels: labels("kafka"),
      brokers: settings.kafka.brokers,
      topics: ["order.events", "billing.events"].map((name) => ({ name, partitions: settings.kafka.partitions })),
      resources: containerResources(settings.kafka.resources, "1Gi"),
      storage: settings.kafka.storage,
      ...storage,
      backup: backupArgs(settings.kafka.backup),
      retainData,
    }, guarded);
    const migrated = migrations("techbra-migrations", { namespace, postgres, folder: new URL("../../../workloads/techbra-ecommerce/migrations/", import.meta.url).pathname }, { ...parent, dependsOn: [...postgres.ready] });
    postgres.backup?.first([migrated]);

    const source = programSources<"order" | "billing" | "inventory" | "bff">("techbra-ecommerce", settings.applications, namespace, inside);
    const spring = (stores: SpringStores) => (settings.applications.source === "images" ? [springClient(stores, settings.circuitBreaker)] : []);
    const service = (name: string, key: "order" | "billing" | "inventory" | "bff", port: number, replicas: Replicas, env: Record<string, string>, clients: Client[]) =>
      application(name, {
        namespace,
        port,
        labels: labels(name),
        program: server(source(name, key), { readiness: "/actuator/health/readiness", liveness: "/actuator/health/liveness", metrics: "/actuator/prometheus", startSeconds: 300 }),
        replicas,
        resources: settings[key].resources,
        env,
        clients,
      }, { ...parent, dependsOn: [migrated, ...kafka.ready, ...redis.ready] });

    const lag = context.addons.has("keda") ? { brokers: kafka.client.env["KAFKA_BROKERS"]!, security: lagSecurity("kafka", settings.kafka.engine, namespace, inside) } : undefined;
    const events = (name: keyof typeof consumers, key: "order" | "billing" | "inventory", port: number, env: Record<string, string> = {}) =>
      service(name, key, port, consumerReplicas(name, settings[key].replicas, settings.consumerLag, lag), { KAFKA_CLIENT_ID: name, ...env }, [postgres.client, kafka.client, ...spring({ postgres: postgres.client, kafka: kafka.client })]);
    const order = events("order-service", "order", 8081);
    const billing = events("billing-service", "billing", 8082, { PAYMENT_FAILURE_RATE: String(settings.paymentFailureRate) });
    const inventory = events("inventory-service", "inventory", 8083);
    const { failureRatePercent, slidingWindow, waitSeconds } = settings.circuitBreaker;
    const bff = service("bff", "bff", 8084, settings.bff.replicas, {
      ORDER_SERVICE_URL: "http://order-service:8081",
      BILLING_SERVICE_URL: "http://billing-service:8082",
      CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD: String(failureRatePercent),
      CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE: String(slidingWindow),
      CIRCUIT_BREAKER_WAIT_SECONDS: String(waitSeconds),
    }, [redis.client, ...spring({ redis: redis.client })]);
    if (settings.tools.enabled) new ObservabilityTools("tools", { namespace, labels, settings: settings.tools, kafka: kafka.client, storage }, guarded);

    const deployment = (name: string, replicas: number) => ({ kind: "Deployment", name, replicas }) as const;
    this.target = {
      system: "techbra-ecommerce",
      namespace,
      workloads: [
        ...(engine.kind === "statefulset" ? [{ kind: "StatefulSet", name: "postgres", replicas: 1 } as const] : []),
        ...(redis.own ? [deployment("redis", 1)] : []),
        ...(settings.kafka.engine.kind === "statefulset" ? [{ kind: "StatefulSet", name: "kafka", replicas: settings.kafka.brokers } as const] : []),
        deployment(order.name, settings.order.replicas.min),
        deployment(billing.name, settings.billing.replicas.min),
        deployment(inventory.name, settings.inventory.replicas.min),
        deployment(bff.name, settings.bff.replicas.min),
      ],
      dataStores: [
        { kind: "postgres", name: "postgres", database: "ecommerce_db", user: "ecommerce_user", ...postgres.location },
        { kind: "redis-cache", name: "redis", ...redis.location, ...(redis.own && { backup: "redis-backup" }) },
        { kind: "kafka", name: "kafka", ...kafka.location },
      ],
      endpoints: [
        { name: "Order service", service: order.name, port: 8081, health: "/actuator/health" },
        { name: "Billing service", service: billing.name, port: 8082, health: "/actuator/health" },
        { name: "Inventory service", service: inventory.name, port: 8083, health: "/actuator/health" },
        { name: "BFF", service: bff.name, port: 8084, health: "/actuator/health" },
      ],
      // T07.
      objectives: {
        consumerLag: 1000, kafkaDiskPercent: 80, kafkaMemoryPercent: 85, p95Milliseconds: 500, errorRatePercent: 1, cpuPercent: 70, memoryPercent: 80, jvmHeapPercent: 75,
        postgresPoolPercent: 80, queryP95Milliseconds: 100, lockWaitPercent: 5, redisMemoryPercent: 80, cacheHitRatePercent: 95,
      },
    };
    this.registerOutputs({ target: this.target });
  }
}

/** By what waits in Kafka where KEDA can see it, by processor time elsewhere (T04). The brokers as they are known inside the namespace. */
function consumerReplicas(name: keyof typeof consumers, range: TechbraEcommerceSettings["order"]["replicas"], threshold: number, lag: Pick<ConsumerLag, "brokers"> & { readonly security: ConsumerLag["security"] } | undefined): Replicas {
  if (lag === undefined) return range;
  const everywhere = lag.brokers.replace(/^([^.:,]+):/, `$1.${namespace}.svc:`);
  return { min: range.min, max: range.max, consumerLag: { brokers: everywhere, group: `${name}-group`, topics: consumers[name], threshold, ...(lag.security && { security: lag.security }) } };
}
