import { deployedSystems, loadSettings, type StackSettings } from "../../components/configuration.ts";
import type { Flow } from "../../components/capabilities/network-flows.ts";
import { contextOf } from "../../components/context.ts";
import { stackConfiguration } from "../../scripts/support/stack-configuration.ts";
import type { Table } from "./flow-matrix.ts";
import { declaredBy } from "./stack-variant.ts";

export type StackName = "dev" | "prod";

/** What a stack's own file says. */
async function settingsOf(stack: string): Promise<StackSettings> {
  let settings: StackSettings | undefined;
  await declaredBy(() => (settings = loadSettings()), stackConfiguration(stack));
  return settings!;
}

const traefik = { "app.kubernetes.io/name": "traefik" };

/** The flow tables of a stack by namespace, as the list of systems has them. */
export async function flowTables(stack: StackName): Promise<Record<string, Table>> {
  const settings = await settingsOf(stack);
  // Production's certificates are proven to Let's Encrypt through the ingress controller.
  const solvers: Flow[] =
    stack === "prod"
      ? [{ from: { namespace: "traefik", labels: traefik }, to: { app: "acme-solver" }, ports: [8089] }]
      : [];
  return Object.fromEntries(
    deployedSystems(settings).map(({ system, own }) => {
      const { flows, metrics, certified, ...table } = system.network(own, contextOf(settings));
      const scraped = settings.monitoring.flatMap((from) =>
        Object.entries(metrics).map(([app, port]) => ({ from, to: { app }, ports: [port] })),
      );
      return [system.namespace, { ...table, flows: [...flows, ...scraped, ...(certified ? solvers : [])] }];
    }),
  );
}
