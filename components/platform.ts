import { checkedChanges } from "./changes/check.ts";
import { grown } from "./changes/growth.ts";
import { chosenCluster, clusterProvider, ownFields } from "./cluster.ts";
import { type StackSettings, systemSettingsOf } from "./configuration.ts";
import { withoutPulumisTraces } from "./stack-traces.ts";
import { type SystemName, systems } from "./systems/index.ts";
import { outputsOf, type StackOutputs } from "./systems/outputs.ts";
import type { SystemContext } from "./systems/target.ts";

/** Declares all systems of a stack, and returns the stack's outputs. Throws before any object is made where a running cluster refuses a change. */
export async function declarePlatform(settings: StackSettings): Promise<StackOutputs> {
  withoutPulumisTraces();
  const cluster = chosenCluster(settings.context);
  const growths = await checkedChanges(settings, cluster);
  const options = { providers: [clusterProvider(cluster)], transformations: [ownFields, grown(growths)] };
  const context = contextOf(settings);
  // TypeScript does not see that the settings of a name are those of the system of that name.
  const create = <Name extends SystemName>(name: Name) => systems[name].create(systemSettingsOf(settings, name) as never, context, options);
  return outputsOf(settings.systems.map((name) => create(name)));
}

/** What a stack's settings give to each of its systems. */
function contextOf({ certificateIssuer, clusterAddons, dnsCidrs, ingress, ingressClass, monitoring, purpose, retainData, storageClass }: StackSettings): SystemContext {
  const addons = new Set(clusterAddons);
  return {
    purpose,
    addons,
    certificates: addons.has("cert-manager") ? { by: "cert-manager", ...certificateIssuer } : { by: "self-signed" },
    retainData,
    storage: storageClass ? { storageClass } : {},
    ingress: ingressClass ? { className: ingressClass } : {},
    ingressFrom: ingress,
    monitoringFrom: monitoring,
    dnsCidrs,
  };
}
