import { checkedChanges } from "./components/changes/check.ts";
import { grown } from "./components/changes/growth.ts";
import { chosenCluster, clusterProvider, ownFields } from "./components/cluster.ts";
import { loadSettings, systemSettingsOf } from "./components/configuration.ts";
import { withoutPulumisTraces } from "./components/stack-traces.ts";
import { BgcPlatform } from "./components/systems/bgc-platform.ts";
import { BotsEdi } from "./components/systems/bots-edi.ts";
import { outputsOf } from "./components/systems/outputs.ts";
import { PlatformService } from "./components/systems/platform-service.ts";
import { ResilientApiGateway } from "./components/systems/resilient-api-gateway.ts";
import type { SystemContext } from "./components/systems/target.ts";
import { TechbraEcommerce } from "./components/systems/techbra-ecommerce.ts";

withoutPulumisTraces();
const settings = loadSettings();
const addons = new Set(settings.clusterAddons);
const context: SystemContext = {
  purpose: settings.purpose,
  addons,
  certificates: addons.has("cert-manager") ? { by: "cert-manager", ...settings.certificateIssuer } : { by: "self-signed" },
  retainData: settings.retainData,
  storage: settings.storageClass ? { storageClass: settings.storageClass } : {},
  ingress: settings.ingressClass ? { className: settings.ingressClass } : {},
  ingressFrom: settings.ingress,
  monitoringFrom: settings.monitoring,
  dnsCidrs: settings.dnsCidrs,
};
const cluster = chosenCluster(settings.context);
// Before any object is made: what a running cluster refuses ends the program here.
const growths = await checkedChanges(settings, cluster);
const onCluster = { providers: [clusterProvider(cluster)], transformations: [ownFields, grown(growths)] };

const systems = {
  "bgc-platform": () => new BgcPlatform(systemSettingsOf(settings, "bgc-platform"), context, onCluster),
  "platform-service": () => new PlatformService(systemSettingsOf(settings, "platform-service"), context, onCluster),
  "bots-edi": () => new BotsEdi(systemSettingsOf(settings, "bots-edi"), context, onCluster),
  "resilient-api-gateway": () => new ResilientApiGateway(systemSettingsOf(settings, "resilient-api-gateway"), context, onCluster),
  "techbra-ecommerce": () => new TechbraEcommerce(systemSettingsOf(settings, "techbra-ecommerce"), context, onCluster),
};

export const { namespaces, urls, operations } = outputsOf(settings.systems.map((name) => systems[name]().target));
