import { adoptInterruptedCreations, clusterProvider } from "./components/cluster.ts";
import { loadSettings } from "./components/configuration.ts";
import { BgcPlatform } from "./components/systems/bgc-platform.ts";

const settings = loadSettings();
const context = {
  retainData: settings.retainData,
  storage: settings.storageClass ? { storageClass: settings.storageClass } : {},
  ingress: settings.ingressClass ? { className: settings.ingressClass } : {},
  ingressNamespace: settings.ingressNamespace,
};
const onCluster = { providers: [clusterProvider(settings.context)], transformations: [adoptInterruptedCreations] };

const systems = {
  "bgc-platform": () => new BgcPlatform(settings["bgc-platform"], context, onCluster),
};

/** What operations need to know of every system of this stack. */
export const targets = settings.systems.map((name) => systems[name]().target);
