import { namedClaim } from "../../changes/declared.ts";
import { stateOf } from "../stores.ts";
import { defineSystem } from "../system.ts";
import { platformNetwork } from "./flows.ts";
import { platformServiceSettings } from "./settings.ts";
import { namespace, platformStores } from "./stores.ts";
import { PlatformService } from "./system.ts";

export const platformService = defineSystem({
  namespace,
  settings: platformServiceSettings,
  network: platformNetwork,
  state: (settings, context) =>
    stateOf(Object.values(platformStores(settings, context)), [
      namedClaim("audit-archive", "platform-service.audit.archiveStorage", settings.audit.archiveStorage),
    ]),
  certifiedHosts: ({ host }) => [{ path: ["host"], host }],
  create: (settings, context, options) => new PlatformService(settings, context, options).target,
});
