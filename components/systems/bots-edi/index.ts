import { stateOf } from "../stores.ts";
import { defineSystem } from "../system.ts";
import { volumeState } from "./data-volume.ts";
import { ediNetwork } from "./flows.ts";
import { botsEdiSettings } from "./settings.ts";
import { ediStores, namespace } from "./stores.ts";
import { BotsEdi } from "./system.ts";

export const botsEdi = defineSystem({
  namespace,
  // Velero's schedule stands where Velero runs.
  otherNamespaces: ["velero"],
  settings: botsEdiSettings,
  network: ediNetwork,
  state: (settings, context) => stateOf(Object.values(ediStores(settings, context)), [volumeState(settings.data)]),
  certifiedHosts: ({ host }) => [{ path: ["host"], host }],
  create: (settings, context, options) => new BotsEdi(settings, context, options).target,
});
