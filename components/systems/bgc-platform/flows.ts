import { egressFlows, flow, flowsFrom } from "../../capabilities/network-flows.ts";
import { podsOf } from "../../data/store.ts";
import type { SystemNetwork } from "../secured-namespace.ts";
import type { SystemContext } from "../target.ts";
import type { BgcPlatformSettings } from "./settings.ts";
import { bgcStores } from "./stores.ts";

/** Who talks to whom in the BGC platform, and nobody else (X05, B18). */
export function bgcNetwork(settings: BgcPlatformSettings, context: SystemContext): SystemNetwork {
  const { postgres, redis } = bgcStores(settings, context);
  return {
    flows: [
      ...flowsFrom(context.ingressFrom, "bgc-api", 8080),
      ...flowsFrom(context.ingressFrom, "bgc-web", 8080),
      flow("bgc-web", "bgc-api", 8080),
      postgres.network.flowFrom("bgc-api"),
      redis.network.flowFrom("bgc-api"),
      flow("bgc-api", "integration-gateway", 8081),
      postgres.network.flowFrom("integration-gateway"),
      redis.network.flowFrom("integration-gateway"),
      ...postgres.network.flows,
      postgres.network.flowFrom("bgc-migrations"),
      postgres.network.flowFrom("populate-countries"),
      ...redis.network.flows,
      ...egressFlows("integration-gateway", settings.integrationGateway.egress),
    ],
    ...podsOf([postgres, redis]),
    metrics: { "bgc-api": 8080, "bgc-web": 8080, "integration-gateway": 8081 },
    certified: settings.tlsSecret !== undefined,
  };
}
