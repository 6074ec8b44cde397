import type { V1PersistentVolumeClaim, V1Pod, V1PodTemplateSpec } from "@kubernetes/client-node";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";

interface Controller {
  readonly template?: V1PodTemplateSpec;
  readonly jobTemplate?: { readonly spec: { readonly template: V1PodTemplateSpec } };
  readonly volumeClaimTemplates?: readonly V1PersistentVolumeClaim[];
}

/** The pod that a controller or job will make of its template, named after both; nothing for an object without one. */
export function podOf({ kind, metadata, spec }: Manifest): V1Pod | undefined {
  const { template, jobTemplate, volumeClaimTemplates = [] } = (spec ?? {}) as Controller;
  const { metadata: labels, spec: pod } = jobTemplate?.spec.template ?? template ?? {};
  if (!pod?.containers) return undefined;
  // A StatefulSet's claims become volumes in its pods only.
  const claims = volumeClaimTemplates.map((claim) => ({
    name: claim.metadata!.name!,
    persistentVolumeClaim: { claimName: `${claim.metadata!.name}-${metadata.name}-0` },
  }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...labels, name: `${kind.toLowerCase()}-${metadata.name}`, namespace: metadata.namespace! },
    spec: { ...pod, volumes: [...(pod.volumes ?? []), ...claims] },
  };
}
