import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { askCluster } from "../cluster/identity.ts";
import { type Kubeconfig, kubeconfigFiles, onlyContext, readKubeconfig } from "../settings/kubeconfigs.ts";
import { fieldManager } from "./changes/living.ts";

/** Contexts that can only be somebody's own machine. */
const localContext = /^(k3d-|kind-)|^local-platform$/;

/**
 * The context to deploy to: the one the stack names, or the current one when it is a local cluster. Throws when the
 * current context is any other: a cluster is never guessed.
 */
export function chooseContext(named: string | undefined, current: string | undefined): string | undefined {
  if (named !== undefined) return named;
  if (current === undefined || localContext.test(current)) return current;
  throw new pulumi.RunError(
    `the current Kubernetes context "${current}" is neither a k3d, kind nor local-platform cluster, so nothing is deployed to it unasked. ` +
      `Name it in the stack's configuration if it is meant: pulumi config set context ${current}`,
  );
}

/**
 * Gives every object the same owner of its fields, so that an update that was killed between an object's creation and
 * its record can be run again, and what a person set by hand (`kubectl scale`, `kubectl edit`) gives way to the stack.
 * Secrets keep an owner of their own: one that is there with another password is a conflict, and not overwritten under
 * a living volume.
 */
export const ownFields: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  if (!type.startsWith("kubernetes:") || type === "kubernetes:core/v1:Secret" || !props["metadata"]) return undefined;
  const annotations = {
    ...props["metadata"].annotations,
    "pulumi.com/patchFieldManager": fieldManager,
    "pulumi.com/patchForce": "true",
  };
  return { props: { ...props, metadata: { ...props["metadata"], annotations } }, opts };
};

/** A cluster as a stack keeps it. */
export interface StackCluster {
  readonly context: string;
  /** UID of the namespace kube-system; a preview does not ask for it. */
  readonly uid?: string;
}

/**
 * The cluster to deploy to: `here`, if it is the one that the stack keeps. Throws when it is another, before any object
 * is touched: all of the
 * stack would be made again there, and removed from where it is. The same cluster under another name is the same.
 */
export function keptCluster(stack: string, kept: StackCluster, here: StackCluster): StackCluster {
  const same = kept.uid === undefined || here.uid === undefined ? kept.context === here.context : kept.uid === here.uid;
  if (same) return { ...here, ...(kept.uid !== undefined && { uid: kept.uid }) };
  const name = ({ context, uid }: StackCluster) => `"${context}"${uid === undefined ? "" : ` (${uid})`}`;
  throw new pulumi.RunError(
    `stack ${stack} is on the cluster of context ${name(kept)}, and this is ${name(here)}: nothing was changed. Choose that cluster again, by "kubectl config use-context" or "pulumi config set context". ` +
      'To move the stack, destroy it there first, and remove it by "pulumi stack rm"',
  );
}

/** A kubeconfig of a context alone. Throws where there is no such context. */
export function onlyChosen({ kubeconfig, context }: ChosenCluster): Record<string, unknown> {
  const only = onlyContext(kubeconfig, context);
  if (only === undefined)
    throw new pulumi.RunError(
      `there is no context "${context}": the kubeconfigs have ${kubeconfig.contexts.map(({ name }) => name).join(", ") || "none"}`,
    );
  return only;
}

/**
 * Asks the cluster of a context who it is: where an update changes it, and where a preview finds another name than the
 * stack keeps.
 */
async function identityOf(kubeconfig: Kubeconfig, context: string): Promise<string> {
  const answer = await askCluster(onlyChosen({ kubeconfig, context }));
  if ("uid" in answer) return answer.uid;
  throw new pulumi.RunError(
    `the cluster of context "${context}" cannot be told from others, so nothing was changed: ${answer.problem}`,
  );
}

/**
 * The cluster of a context, kept with the stack by its first update before any object is made: a Stash holds on to its
 * first value. Fails where
 * the stack keeps another one. A preview asks no cluster unless the names differ.
 */
function clusterOfStack(kubeconfig: Kubeconfig, context: string): pulumi.Output<StackCluster> {
  const asked = async (): Promise<StackCluster> => ({ context, uid: await identityOf(kubeconfig, context) });
  const here = pulumi.runtime.isDryRun() ? Promise.resolve<StackCluster>({ context }) : asked();
  const { output } = new pulumi.Stash("cluster", { input: here }, { ignoreChanges: ["input"] });
  return output.apply(async (kept: StackCluster) => {
    const found = await here;
    return keptCluster(
      pulumi.getStack(),
      kept,
      found.uid === undefined && kept.context !== found.context ? await asked() : found,
    );
  });
}

/** A context with the kubeconfigs that it is in. */
export interface ChosenCluster {
  readonly kubeconfig: Kubeconfig;
  readonly context: string;
}

/** Where the stack goes, by the context that it names. A preview without a kubeconfig goes nowhere. */
export function chosenCluster(named: string | undefined): ChosenCluster | undefined {
  const kubeconfig = readKubeconfig(kubeconfigFiles());
  const context = chooseContext(named, kubeconfig["current-context"]);
  if (context === undefined && !pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      'there is no Kubernetes context to deploy to: start a k3d or kind cluster, run "npm run cluster -- up", or name one with "pulumi config set context NAME"',
    );
  }
  return context === undefined ? undefined : { kubeconfig, context };
}

/** The connection to a cluster, with server-side apply. */
export function clusterProvider(chosen: ChosenCluster | undefined): k8s.Provider {
  const cluster = chosen && clusterOfStack(chosen.kubeconfig, chosen.context);
  return new k8s.Provider("cluster", {
    ...(cluster && {
      context: cluster.context,
      // With it the provider takes another name or address of the same cluster for a change of settings, and not for
      // another cluster.
      clusterIdentifier: cluster.apply(({ uid }) => uid as string),
    }),
    enableServerSideApply: true,
    // Rotated Secrets and settings keep their names and are updated in place; pods roll by an annotation.
    enableSecretMutable: true,
    enableConfigMapMutable: true,
    // The provider's own limit of 5 requests a second makes a preview of 1,000 objects take twice as long.
    kubeClientSettings: { qps: 1000, burst: 2000, timeout: 60 },
  });
}
