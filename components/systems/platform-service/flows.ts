import { flowsFrom } from "../../capabilities/network-flows.ts";
import { podsOf } from "../../data/store.ts";
import type { SystemNetwork } from "../secured-namespace.ts";
import type { SystemContext } from "../target.ts";
import type { PlatformServiceSettings } from "./settings.ts";
import { platformStores } from "./stores.ts";

/** Who talks to whom around the platform service, and nobody else (X05). */
export function platformNetwork(settings: PlatformServiceSettings, context: SystemContext): SystemNetwork {
  const { postgres, redis } = platformStores(settings, context);
  return {
    flows: [
      ...flowsFrom(context.ingressFrom, "platform-service", 8080),
      postgres.network.flowFrom("platform-service"),
      redis.network.flowFrom("platform-service"),
      postgres.network.flowFrom("platform-migrations"),
      postgres.network.flowFrom("audit-retention"),
      postgres.network.flowFrom("postgres-maintenance"),
      ...postgres.network.flows,
      ...redis.network.flows,
    ],
    ...podsOf([postgres, redis]),
    metrics: { "platform-service": 8080 },
    certified: true,
  };
}
