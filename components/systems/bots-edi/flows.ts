import { egressFlows, type Flow, flowsFrom } from "../../capabilities/network-flows.ts";
import { podsOf } from "../../data/store.ts";
import type { SystemNetwork } from "../secured-namespace.ts";
import type { SystemContext } from "../target.ts";
import type { BotsEdiSettings } from "./settings.ts";
import { ediStores, labels } from "./stores.ts";

/** Apps of the flow table and the component label of their pods. */
const components = {
  "bots-webserver": "webserver",
  "bots-jobqueue": "jobqueue",
  "bots-engine": "engine",
  "bots-migrate": "migrate",
} as const;

/**
 * Who talks to whom in EDI, and nobody else: the outside is one address on one port, and partners that the stack names
 * (X05, E06).
 */
export function ediNetwork(settings: BotsEdiSettings, context: SystemContext): SystemNetwork {
  const { mysql } = ediStores(settings, context);
  const { selectors, resolving } = podsOf([mysql]);
  return {
    flows: [
      ...flowsFrom(context.ingressFrom, "bots-webserver", 8080),
      ...Object.keys(components).map((app) => mysql.network.flowFrom(app)),
      ...mysql.network.flows,
      ...snapshotFlows(settings, context),
      ...["bots-engine", "bots-jobqueue"].flatMap((app) => egressFlows(app, settings.egress)),
    ],
    selectors: {
      ...Object.fromEntries(Object.entries(components).map(([app, component]) => [app, labels(component)])),
      ...selectors,
    },
    resolving,
    metrics: {
      "bots-webserver": 8080,
      ...(settings.applications.source === "contract-server" && { "bots-jobqueue": 28082 }),
    },
    certified: true,
  };
}

/** The job that takes snapshots asks the API server for them. */
const snapshotFlows = ({ snapshots }: BotsEdiSettings, { addons }: SystemContext): Flow[] =>
  addons.has("volume-snapshots")
    ? [{ from: { app: "bots-data-snapshots" }, to: { cidr: snapshots.apiServerCidr }, ports: snapshots.apiServerPorts }]
    : [];
