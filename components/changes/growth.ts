import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Growth } from "./volumes.ts";

interface Named {
  readonly name: string;
}

/**
 * Sets the size of claims beside the StatefulSet that made them, behind the namespace's quota and before its pods are
 * waited for.
 */
export const grown =
  (growths: readonly Growth[]): pulumi.ResourceTransformation =>
  ({ type, props, opts }) => {
    if (type !== "kubernetes:apps/v1:StatefulSet") return undefined;
    const {
      metadata: { namespace, name },
      spec: { volumeClaimTemplates },
    } = props as {
      metadata: Named & { readonly namespace: string };
      spec: { volumeClaimTemplates: readonly { readonly metadata: Named }[] };
    };
    const volumes = volumeClaimTemplates.map((template) => `${template.metadata.name}-${name}`);
    for (const { claim, size } of growths.filter(
      (growth) => growth.namespace === namespace && volumes.includes(growth.volume),
    )) {
      new k8s.core.v1.PersistentVolumeClaimPatch(
        claim,
        {
          metadata: {
            name: claim,
            namespace,
            // Pulumi would wait for a claim of a class that waits for its first pod to be without a volume.
            annotations: { "pulumi.com/skipAwait": "true" },
          },
          spec: { resources: { requests: { storage: size } } },
        },
        { ...(opts.parent && { parent: opts.parent }), retainOnDelete: true },
      );
    }
    return undefined;
  };
