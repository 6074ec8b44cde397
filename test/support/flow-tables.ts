import { loadSettings, type StackSettings } from "../../components/configuration.ts";
import type { Flow } from "../../components/capabilities/network-flows.ts";
import { kafkaFlows } from "../../components/data/kafka/store.ts";
import { postgresFlows } from "../../components/data/postgres/store.ts";
import { bgcFlows } from "../../components/systems/bgc-platform/system.ts";
import { ediFlows } from "../../components/systems/bots-edi/system.ts";
import { platformFlows } from "../../components/systems/platform-service/system.ts";
import { gatewayFlows } from "../../components/systems/resilient-api-gateway/system.ts";
import { techbraFlows } from "../../components/systems/techbra-ecommerce/system.ts";
import { stackConfiguration } from "../../scripts/support/stack-configuration.ts";
import type { Table } from "./flow-matrix.ts";
import { declaredBy } from "./stack-variant.ts";

export type StackName = "dev" | "prod";

/** What a stack's own file says. */
async function settingsOf(stack: string): Promise<Required<StackSettings>> {
  let settings: StackSettings | undefined;
  await declaredBy(() => (settings = loadSettings()), stackConfiguration(stack));
  return settings as Required<StackSettings>;
}

/** Ports at which the programs of each namespace tell their metrics. */
const metrics: Record<string, Record<string, number>> = {
  data: { "bgc-api": 8080, "bgc-web": 8080, "integration-gateway": 8081 },
  platform: { "platform-service": 8080 },
  edi: { "bots-webserver": 8080 },
  "api-gateway": { "proxy-service": 5000, "upstream-service": 5001 },
  "techbra-test": { "order-service": 8081, "billing-service": 8082, "inventory-service": 8083, bff: 8084 },
};

const traefik = { "app.kubernetes.io/name": "traefik" };

/** The flow tables of a stack by namespace. */
export async function flowTables(stack: StackName): Promise<Record<string, Table>> {
  const settings = await settingsOf(stack);
  const { ingress: ingressFrom, "bgc-platform": bgc, "platform-service": platform, "resilient-api-gateway": gateway, "bots-edi": edi, "techbra-ecommerce": techbra, clusterAddons } = settings;
  const context = { ingressFrom, addons: new Set(clusterAddons) };
  // Production's three certificates are proven to Let's Encrypt through the ingress controller.
  const solvers: Flow[] = stack === "prod" ? [{ from: { namespace: "traefik", labels: traefik }, to: { app: "acme-solver" }, ports: [8089] }] : [];
  const techbraTable = postgresFlows("postgres", techbra.postgres.engine, techbraFlows(techbra, context));
  const { monitoring } = settings;
  const withMetrics = (given: Record<string, Table>): Record<string, Table> => Object.fromEntries(Object.entries(given).map(([namespace, table]) => [namespace, {
    ...table,
    flows: [...table.flows, ...monitoring.flatMap((from) => Object.entries(metrics[namespace]!).map(([app, port]) => ({ from, to: { app }, ports: [port] })))],
  }]));
  return withMetrics({
    data: { flows: postgresFlows("postgres", bgc.postgres.engine, bgcFlows(ingressFrom, bgc.postgres.backup.s3, bgc.integrationGateway.egress)) },
    platform: { flows: [...postgresFlows("postgres", platform.postgres.engine, platformFlows(ingressFrom, platform.postgres.backup.s3)), ...solvers] },
    edi: { flows: [...ediFlows(edi, context), ...solvers] },
    "api-gateway": { flows: [...gatewayFlows(ingressFrom, gateway.reverseProxy, gateway.redis.backup.s3), ...solvers], others: ["configuration-backup"] },
    "techbra-test": { flows: kafkaFlows("kafka", techbra.kafka.engine, techbraTable), resolving: ["kafka"] },
  });
}
