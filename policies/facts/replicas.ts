import { scalersOf, scalerSpec } from "./autoscalers.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** How many replicas KEDA allows where nobody says it. */
export const kedaMaximum = 100;

/**
 * The most replicas a workload may have: its autoscalers' maximum, else what it declares. A DaemonSet counts as one, as
 * nobody knows the nodes.
 */
export function maximumReplicas(workload: KubernetesObject, objects: ObjectIndex): number {
  const scalers = scalersOf(workload.kind, workload.namespace, workload.name, objects);
  if (scalers.length > 0) return Math.max(...scalers.map((scaler) => scalerSpec(scaler).maxReplicas ?? kedaMaximum));
  return (workload.manifest["spec"] as { replicas?: number } | undefined)?.replicas ?? 1;
}

/** The fewest replicas a workload is meant to run with: its autoscaler's minimum, else what it declares. */
export function minimumReplicas(workload: KubernetesObject, objects: ObjectIndex): number {
  const declared = (workload.manifest["spec"] as { replicas?: number } | undefined)?.replicas ?? 1;
  const [scaler] = scalersOf(workload.kind, workload.namespace, workload.name, objects);
  return scaler === undefined ? declared : scalerSpec(scaler).minReplicas;
}

/** Whether a workload runs more than one pod, or may do so by its autoscaler. */
export function isReplicated(workload: KubernetesObject, objects: ObjectIndex): boolean {
  return (
    scalersOf(workload.kind, workload.namespace, workload.name, objects).length > 0 ||
    minimumReplicas(workload, objects) > 1
  );
}
