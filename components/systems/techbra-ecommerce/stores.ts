import { kafkaStore } from "../../data/kafka/store.ts";
import { backupArgs, containerResources } from "../setting-types.ts";
import { cacheOf, postgresOf } from "../stores.ts";
import type { SystemContext } from "../target.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";

export const namespace = "techbra-test";

/** Labels of the pods of one program. */
export const labels = (name: string) => ({ app: name, "app.kubernetes.io/name": name });

/** The stores of the shop, before anything is declared. */
export const techbraStores = ({ postgres, redis, kafka }: TechbraEcommerceSettings, context: SystemContext) => ({
  postgres: postgresOf(postgres, context, {
    namespace,
    settingPath: "techbra-ecommerce.postgres",
    serviceName: "postgres",
    labels: labels("postgres"),
    database: "ecommerce_db",
    user: "ecommerce_user",
    extensions: ["pg_stat_statements"],
  }),
  redis: cacheOf(redis, context, { namespace, settingPath: "techbra-ecommerce.redis", labels: labels("redis") }),
  kafka: kafkaStore("kafka", kafka.engine, {
    namespace,
    settingPath: "techbra-ecommerce.kafka",
    serviceName: "kafka-kafka",
    labels: labels("kafka"),
    brokers: kafka.brokers,
    topics: ["order.events", "billing.events"].map((name) => ({ name, partitions: kafka.partitions })),
    resources: containerResources(kafka.resources, "1Gi"),
    storage: kafka.storage,
    ...context.storage,
    backup: backupArgs(kafka.backup),
    retainData: context.retainData,
  }),
});
