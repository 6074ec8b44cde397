import type { DataStore } from "../../data/store.ts";
import type { Target } from "../target.ts";
import { ediObjectives } from "./alerts.ts";
import type { BotsEdiSettings } from "./settings.ts";
import { namespace } from "./stores.ts";

/** What operations need to know of EDI; its stores start first. */
export const ediTarget = ({ host, jobqueue, webserver }: BotsEdiSettings, stores: readonly DataStore[]): Target => ({
  system: "bots-edi",
  namespace,
  workloads: [
    ...stores.flatMap(({ workloads }) => workloads),
    { kind: "Deployment", name: "bots-webserver", replicas: webserver.replicas.min },
    { kind: "Deployment", name: "bots-jobqueue", replicas: jobqueue.replicas },
  ],
  dataStores: stores.map(({ location }) => location),
  endpoints: [{ name: "Bots", host, tls: true, service: "bots-webserver", port: 8080, health: "/health/ready" }],
  objectives: ediObjectives,
});
