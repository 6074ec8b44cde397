import { namedClaim } from "../../changes/declared.ts";
import { stateOf } from "../stores.ts";
import { defineSystem } from "../system.ts";
import { gatewayNetwork } from "./flows.ts";
import { resilientApiGatewaySettings } from "./settings.ts";
import { gatewayStores, namespace } from "./stores.ts";
import { ResilientApiGateway } from "./system.ts";

export const resilientApiGateway = defineSystem({
  namespace,
  settings: resilientApiGatewaySettings,
  network: gatewayNetwork,
  state: (settings, context) =>
    stateOf(Object.values(gatewayStores(settings, context)), [
      namedClaim(
        "configuration-backup",
        "resilient-api-gateway.configurationBackup.storage",
        settings.configurationBackup.storage,
      ),
    ]),
  certifiedHosts: ({ host, tlsSecret }) => (tlsSecret ? [{ path: ["host"], host }] : []),
  create: (settings, context, options) => new ResilientApiGateway(settings, context, options).target,
});
