import type { DataStore } from "../../data/store.ts";
import type { Target } from "../target.ts";
import { bgcObjectives } from "./alerts.ts";
import type { BgcPlatformSettings } from "./settings.ts";
import { namespace } from "./stores.ts";

/** What operations need to know of the BGC platform; its stores start first. */
export const bgcTarget = (
  { api, hosts, integrationGateway, tlsSecret, web }: BgcPlatformSettings,
  stores: readonly DataStore[],
): Target => ({
  system: "bgc-platform",
  namespace,
  workloads: [
    ...stores.flatMap(({ workloads }) => workloads),
    { kind: "Deployment", name: "integration-gateway", replicas: integrationGateway.replicas },
    { kind: "Deployment", name: "bgc-api", replicas: api.replicas },
    { kind: "Deployment", name: "bgc-web", replicas: web.replicas },
  ],
  dataStores: stores.map(({ location }) => location),
  endpoints: [
    { name: "API", host: hosts.api, tls: tlsSecret !== undefined, service: "bgc-api", port: 8080, health: "/healthz" },
    { name: "Web", host: hosts.web, tls: tlsSecret !== undefined, service: "bgc-web", port: 8080, health: "/healthz" },
    { name: "Integration gateway", service: "integration-gateway", port: 8081, health: "/health" },
  ],
  objectives: bgcObjectives,
});
