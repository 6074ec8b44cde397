import type { DataStore } from "../../data/store.ts";
import type { Target } from "../target.ts";
import { gatewayObjectives } from "./alerts.ts";
import type { ResilientApiGatewaySettings } from "./settings.ts";
import { namespace } from "./stores.ts";

/** What operations need to know of the gateway; its stores start first. */
export const gatewayTarget = (
  { host, proxy, reverseProxy, tlsSecret, upstream }: ResilientApiGatewaySettings,
  stores: readonly DataStore[],
): Target => ({
  system: "resilient-api-gateway",
  namespace,
  workloads: [
    ...stores.flatMap(({ workloads }) => workloads),
    { kind: "Deployment", name: "upstream-service", replicas: upstream.replicas },
    { kind: "Deployment", name: "proxy-service", replicas: proxy.replicas.min },
    ...(reverseProxy === "nginx" ? [{ kind: "Deployment", name: "nginx", replicas: 2 } as const] : []),
  ],
  dataStores: stores.map(({ location }) => location),
  endpoints: [
    { name: "Gateway", host, tls: tlsSecret !== undefined, service: "proxy-service", port: 5000, health: "/health" },
    { name: "Upstream", service: "upstream-service", port: 5001, health: "/health" },
  ],
  objectives: gatewayObjectives,
});
