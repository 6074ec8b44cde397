import { egressFlows, flow } from "../../capabilities/network-flows.ts";
import { podsOf } from "../../data/store.ts";
import type { SystemNetwork } from "../secured-namespace.ts";
import type { SystemContext } from "../target.ts";
import { consumers } from "./consumers.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";
import { techbraStores } from "./stores.ts";
import { toolFlows } from "./tools.ts";

/** Who talks to whom in the shop, and nobody else (X05). */
export function techbraNetwork(settings: TechbraEcommerceSettings, context: SystemContext): SystemNetwork {
  const { postgres, redis, kafka } = techbraStores(settings, context);
  return {
    flows: [
      ...(context.addons.has("keda") ? [kafka.network.flowFrom({ namespace: "keda" })] : []),
      flow("bff", "order-service", 8081),
      flow("bff", "billing-service", 8082),
      redis.network.flowFrom("bff"),
      ...Object.keys(consumers).flatMap((service) => [
        postgres.network.flowFrom(service),
        kafka.network.flowFrom(service),
      ]),
      ...kafka.network.flows,
      ...postgres.network.flows,
      postgres.network.flowFrom("techbra-migrations"),
      ...redis.network.flows,
      ...egressFlows("billing-service", settings.billing.egress),
      ...(settings.tools.enabled ? toolFlows(kafka.network) : []),
    ],
    ...podsOf([postgres, redis, kafka]),
    metrics: { "order-service": 8081, "billing-service": 8082, "inventory-service": 8083, bff: 8084 },
  };
}
