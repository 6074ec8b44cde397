import { existsSync } from "node:fs";
import { askCluster } from "../../cluster/identity.ts";
import { kubeconfigFiles, onlyContext, readKubeconfig } from "../../settings/kubeconfigs.ts";
import { contextName, files } from "../../cluster/local/settings.ts";
import { clusterFolder } from "../../cluster/paths.ts";
import { type Bound, boundCluster, type LocalCluster, type Offer, sameCluster, type Situation } from "./binding.ts";
import { foreignOwner, localOwner } from "./cluster-owner.ts";
import { clusterRecord, recordedStacks, stackKubeconfig } from "./cluster-record.ts";
import { engineRecord, engineStacks } from "./engine-record.ts";

/**
 * All that is known about a stack and its cluster, here and now. Asks no cluster but those that the stack's context
 * leads to. `kubeconfig`
 * is the value of `KUBECONFIG`, `named` the context in the stack's file.
 */
export async function situationOf(
  stack: string,
  { named, kubeconfig }: { readonly named?: string | undefined; readonly kubeconfig: string | undefined },
): Promise<Situation> {
  const engine = engineRecord(stack);
  const bound = boundCluster(stack, clusterRecord(stack), engine);
  const offers = bound === undefined ? [] : await offersOf(stack, bound, kubeconfig);
  return {
    stack,
    resources: engine.resources,
    offers,
    local: localCluster(offers),
    others: bound === undefined ? [] : othersOn(stack, bound),
    ...(bound && { bound }),
    ...(named && { named }),
  };
}

/**
 * The user's kubeconfig comes first: its credentials are the freshest. The stack's own knows the cluster still where
 * the user's does not.
 */
async function offersOf(stack: string, { context }: Bound, kubeconfig: string | undefined): Promise<Offer[]> {
  const places =
    context === contextName ? [[files.kubeconfig]] : [kubeconfigFiles(kubeconfig), [stackKubeconfig(stack)]];
  const found = places.map((place) => onlyContext(readKubeconfig(place), context)).filter((only) => only !== undefined);
  return Promise.all(found.map(async (only) => ({ context, kubeconfig: only, ...(await askCluster(only)) })));
}

function localCluster(offers: readonly Offer[]): LocalCluster {
  const uid = offers.find((offer) => offer.context === contextName)?.uid ?? localOwner()?.cluster;
  const foreign = foreignOwner();
  return {
    folder: clusterFolder,
    exists: existsSync(files.controlPlane),
    ...(uid !== undefined && { uid }),
    ...(foreign !== undefined && { foreign }),
  };
}

function othersOn(stack: string, bound: Bound): string[] {
  const all = new Set([...recordedStacks(), ...engineStacks()]);
  return [...all].sort().filter((other) => {
    const record = engineRecord(other);
    const itsCluster =
      other === stack || record.resources.length === 0 ? undefined : boundCluster(other, clusterRecord(other), record);
    return itsCluster !== undefined && sameCluster(bound, itsCluster);
  });
}
