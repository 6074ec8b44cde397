import { flow, flowsFrom } from "../../capabilities/network-flows.ts";
import { uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { podsOf } from "../../data/store.ts";
import type { SystemNetwork } from "../secured-namespace.ts";
import type { SystemContext } from "../target.ts";
import type { ResilientApiGatewaySettings } from "./settings.ts";
import { gatewayStores } from "./stores.ts";

/** Who talks to whom in the gateway, and nobody else (X05). */
export function gatewayNetwork(settings: ResilientApiGatewaySettings, context: SystemContext): SystemNetwork {
  const { redis } = gatewayStores(settings, context);
  const { ingressFrom } = context;
  return {
    flows: [
      ...(settings.reverseProxy === "nginx"
        ? [...flowsFrom(ingressFrom, "nginx", 8080), flow("nginx", "proxy-service", 5000)]
        : flowsFrom(ingressFrom, "proxy-service", 5000)),
      flow("proxy-service", "upstream-service", 5001),
      redis.network.flowFrom("proxy-service"),
      ...redis.network.flows,
      ...uploadFlows("configuration-backup", settings.redis.backup.s3),
    ],
    ...podsOf([redis]),
    others: ["configuration-backup"],
    metrics: { "proxy-service": 5000, "upstream-service": 5001 },
    certified: settings.tlsSecret !== undefined,
  };
}
