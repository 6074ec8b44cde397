import type { DataStore } from "../../data/store.ts";
import type { Target } from "../target.ts";
import { platformObjectives } from "./alerts.ts";
import type { PlatformServiceSettings } from "./settings.ts";
import { namespace } from "./stores.ts";

/** What operations need to know of the platform service; its stores start first. */
export const platformTarget = ({ host, replicas }: PlatformServiceSettings, stores: readonly DataStore[]): Target => ({
  system: "platform-service",
  namespace,
  workloads: [
    ...stores.flatMap(({ workloads }) => workloads),
    { kind: "Deployment", name: "platform-service", replicas: replicas.min },
  ],
  dataStores: stores.map(({ location }) => location),
  endpoints: [
    { name: "Platform service", host, tls: true, service: "platform-service", port: 8080, health: "/health" },
  ],
  objectives: platformObjectives,
});
