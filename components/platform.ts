import { checkedChanges } from "./changes/check.ts";
import { grown } from "./changes/growth.ts";
import { chosenCluster, clusterProvider, ownFields } from "./cluster.ts";
import { deployedSystems, type StackSettings } from "./configuration.ts";
import { contextOf } from "./context.ts";
import { withoutPulumisTraces } from "../patches/stack-traces.ts";
import { outputsOf, type StackOutputs } from "./systems/outputs.ts";

/**
 * Declares all systems of a stack, and returns the stack's outputs. Throws before any object is made where a running
 * cluster refuses a change.
 */
export async function declarePlatform(settings: StackSettings): Promise<StackOutputs> {
  withoutPulumisTraces();
  const cluster = chosenCluster(settings.context);
  const growths = await checkedChanges(settings, cluster);
  const options = { providers: [clusterProvider(cluster)], transformations: [ownFields, grown(growths)] };
  const context = contextOf(settings);
  return outputsOf(deployedSystems(settings).map(({ system, own }) => system.create(own, context, options)));
}
