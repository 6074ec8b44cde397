import { scalersOf, scalerSpec } from "./autoscalers.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import type { Stack } from "./stack.ts";

/** How many replicas KEDA allows where nobody says it. */
export const kedaMaximum = 100;

/** The most replicas a workload may have: its autoscalers' maximum, else what it declares. A DaemonSet counts as one, as nobody knows the nodes. */
export function maximumReplicas(workload: KubernetesObject, stack: Stack): number {
  const scalers = scalersOf(workload.kind, workload.namespace, workload.name, stack);
  if (scalers.length > 0) return Math.max(...scalers.map((scaler) => scalerSpec(scaler).maxReplicas ?? kedaMaximum));
  return (workload.manifest["spec"] as { replicas?: number } | undefined)?.replicas ?? 1;
}
