import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

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
    `the current Kubernetes context "${current}" is neither a k3d, kind nor local-platform cluster, so nothing is deployed to it unasked. `
    + `Name it in the stack's configuration if it is meant: pulumi config set context ${current}`,
  );
}

/** The current context of the user's kubeconfig: as kubectl does, the first of its files that names one decides. */
function currentContext(): string | undefined {
  const files = (process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config")).split(delimiter).filter((file) => file && existsSync(file));
  return files.map((file) => (parse(readFileSync(file, "utf8")) as { "current-context"?: string } | null)?.["current-context"]).find(Boolean);
}

/**
 * Gives every object the same owner of its fields, so that an update that was killed between an object's creation and
 * its record can be run again. Secrets keep an owner of their own: one that is there with another password is a conflict,
 * and not overwritten under a living volume.
 */
export const adoptInterruptedCreations: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  if (!type.startsWith("kubernetes:") || type === "kubernetes:core/v1:Secret" || !props["metadata"]) return undefined;
  const annotations = { ...props["metadata"].annotations, "pulumi.com/patchFieldManager": "production-platform" };
  return { props: { ...props, metadata: { ...props["metadata"], annotations } }, opts };
};

/** The connection to the cluster, with server-side apply. */
export function clusterProvider(named: string | undefined): k8s.Provider {
  const context = chooseContext(named, currentContext());
  if (context === undefined && !pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError('there is no Kubernetes context to deploy to: start a k3d or kind cluster, run "npm run cluster -- up", or name one with "pulumi config set context NAME"');
  }
  return new k8s.Provider("cluster", {
    ...(context && { context }),
    enableServerSideApply: true,
    // Rotated Secrets and settings keep their names and are updated in place; pods roll by an annotation.
    enableSecretMutable: true,
    enableConfigMapMutable: true,
    // The provider's own limit of 5 requests a second makes a preview of 1,000 objects take twice as long.
    kubeClientSettings: { qps: 1000, burst: 2000, timeout: 60 },
  });
}
