import { stateOf } from "../stores.ts";
import { defineSystem } from "../system.ts";
import { bgcNetwork } from "./flows.ts";
import { bgcPlatformSettings } from "./settings.ts";
import { bgcStores, namespace } from "./stores.ts";
import { BgcPlatform } from "./system.ts";

export const bgcPlatform = defineSystem({
  namespace,
  settings: bgcPlatformSettings,
  network: bgcNetwork,
  state: (settings, context) => stateOf(Object.values(bgcStores(settings, context))),
  certifiedHosts: ({ hosts, tlsSecret }) =>
    tlsSecret
      ? [
          { path: ["hosts", "api"], host: hosts.api },
          { path: ["hosts", "web"], host: hosts.web },
        ]
      : [],
  create: (settings, context, options) => new BgcPlatform(settings, context, options).target,
});
