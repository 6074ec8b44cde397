import { claimsOfPods } from "../../changes/declared.ts";
import { stateOf } from "../stores.ts";
import { defineSystem } from "../system.ts";
import { techbraNetwork } from "./flows.ts";
import { techbraEcommerceSettings } from "./settings.ts";
import { namespace, techbraStores } from "./stores.ts";
import { TechbraEcommerce } from "./system.ts";
import { prometheusStorage } from "./tools.ts";

export const techbraEcommerce = defineSystem({
  namespace,
  settings: techbraEcommerceSettings,
  network: techbraNetwork,
  state: (settings, context) =>
    stateOf(
      Object.values(techbraStores(settings, context)),
      settings.tools.enabled ? [claimsOfPods("prometheus", "techbra-ecommerce.tools", prometheusStorage)] : [],
    ),
  create: (settings, context, options) => new TechbraEcommerce(settings, context, options).target,
});
