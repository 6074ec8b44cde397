import * as pulumi from "@pulumi/pulumi";
import { server } from "../../capabilities/program.ts";
import type { Client } from "../../data/client.ts";
import { lagSecurity } from "../../data/kafka/lag-security.ts";
import { migrations } from "../../data/postgres/sql-job.ts";
import type { Replicas } from "../../workload/workload.ts";
import { application, programSources } from "../application.ts";
import { securedNamespace } from "../secured-namespace.ts";
import type { SystemContext, Target } from "../target.ts";
import { consumerReplicas, type consumers } from "./consumers.ts";
import { techbraNetwork } from "./flows.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";
import { springClient, type SpringStores } from "./spring.ts";
import { labels, namespace, techbraStores } from "./stores.ts";
import { techbraTarget } from "./target.ts";
import { ObservabilityTools } from "./tools.ts";

/**
 * An online shop whose orders, payments and stock agree through events on Kafka, with a front service for its clients.
 */
export class TechbraEcommerce extends pulumi.ComponentResource {
  readonly target: Target;

  constructor(settings: TechbraEcommerceSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:TechbraEcommerce", "techbra-ecommerce", {}, options);
    const { parent, inside, guarded } = securedNamespace(
      this,
      namespace,
      settings.quota,
      techbraNetwork(settings, context),
      context,
    );
    const plans = techbraStores(settings, context);
    const postgres = plans.postgres.declare(guarded);
    const redis = plans.redis.declare(guarded);
    const kafka = plans.kafka.declare(guarded);
    redis.backup?.first();
    kafka.backup?.first();
    const migrated = migrations(
      "techbra-migrations",
      {
        namespace,
        postgres,
        folder: new URL("../../../workloads/techbra-ecommerce/migrations/", import.meta.url).pathname,
      },
      { ...parent, dependsOn: [...postgres.ready] },
    );
    postgres.backup?.first([migrated]);

    const source = programSources<"order" | "billing" | "inventory" | "bff">(
      "techbra-ecommerce",
      settings.applications,
      namespace,
      inside,
    );
    const spring = (stores: SpringStores) =>
      settings.applications.source === "images" ? [springClient(stores, settings.circuitBreaker)] : [];
    const service = (
      name: string,
      key: "order" | "billing" | "inventory" | "bff",
      port: number,
      replicas: Replicas,
      env: Record<string, string>,
      clients: Client[],
    ) =>
      application(
        name,
        {
          namespace,
          port,
          labels: labels(name),
          program: server(source(name, key), {
            readiness: "/actuator/health/readiness",
            liveness: "/actuator/health/liveness",
            metrics: "/actuator/prometheus",
            startSeconds: 300,
          }),
          replicas,
          resources: settings[key].resources,
          env,
          clients,
        },
        { ...parent, dependsOn: [migrated, ...kafka.ready, ...redis.ready] },
      );

    const lag = context.addons.has("keda")
      ? {
          brokers: kafka.client.env["KAFKA_BROKERS"]!,
          security: lagSecurity("kafka", settings.kafka.engine, namespace, inside),
        }
      : undefined;
    const events = (
      name: keyof typeof consumers,
      key: "order" | "billing" | "inventory",
      port: number,
      env: Record<string, string> = {},
    ) =>
      service(
        name,
        key,
        port,
        consumerReplicas(name, settings[key].replicas, settings.consumerLag, lag),
        { KAFKA_CLIENT_ID: name, ...env },
        [postgres.client, kafka.client, ...spring({ postgres: postgres.client, kafka: kafka.client })],
      );
    events("order-service", "order", 8081);
    events("billing-service", "billing", 8082, { PAYMENT_FAILURE_RATE: String(settings.paymentFailureRate) });
    events("inventory-service", "inventory", 8083);
    const { failureRatePercent, slidingWindow, waitSeconds } = settings.circuitBreaker;
    service(
      "bff",
      "bff",
      8084,
      settings.bff.replicas,
      {
        ORDER_SERVICE_URL: "http://order-service:8081",
        BILLING_SERVICE_URL: "http://billing-service:8082",
        CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD: String(failureRatePercent),
        CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE: String(slidingWindow),
        CIRCUIT_BREAKER_WAIT_SECONDS: String(waitSeconds),
      },
      [redis.client, ...spring({ redis: redis.client })],
    );
    if (settings.tools.enabled)
      new ObservabilityTools(
        "tools",
        { namespace, labels, settings: settings.tools, kafka: kafka.client, storage: context.storage },
        guarded,
      );

    this.target = techbraTarget(settings, [postgres, redis, kafka]);
    this.registerOutputs({ target: this.target });
  }
}
