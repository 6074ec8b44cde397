import type { DataStore } from "../../data/store.ts";
import type { Target } from "../target.ts";
import { techbraObjectives } from "./objectives.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";
import { namespace } from "./stores.ts";

const programs = [
  { key: "order", name: "Order service", service: "order-service", port: 8081 },
  { key: "billing", name: "Billing service", service: "billing-service", port: 8082 },
  { key: "inventory", name: "Inventory service", service: "inventory-service", port: 8083 },
  { key: "bff", name: "BFF", service: "bff", port: 8084 },
] as const;

/** What operations need to know of the shop; its stores start first. */
export const techbraTarget = (settings: TechbraEcommerceSettings, stores: readonly DataStore[]): Target => ({
  system: "techbra-ecommerce",
  namespace,
  workloads: [
    ...stores.flatMap(({ workloads }) => workloads),
    ...programs.map(
      ({ key, service }) => ({ kind: "Deployment", name: service, replicas: settings[key].replicas.min }) as const,
    ),
  ],
  dataStores: stores.map(({ location }) => location),
  endpoints: programs.map(({ name, service, port }) => ({ name, service, port, health: "/actuator/health" })),
  objectives: techbraObjectives,
});
