import { NotEvaluable } from "./kubernetes-object.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { workloadKinds } from "./pod-spec-walker.ts";

/** All objects of one evaluation, found by kind and namespace. */
export interface Stack {
  /** The objects of a kind in a namespace. Throws where an object of that kind may or may not belong to it. */
  inNamespace(kind: string, namespace: string): readonly KubernetesObject[];
}

/** Replicas an autoscaler may go down to. */
export interface Autoscaler {
  readonly ref: string;
  readonly minReplicas: number;
}

interface ScalerSpec {
  readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
  readonly minReplicas?: number;
  readonly minReplicaCount?: number;
}

/** Indexes the objects once, so that a rule's look-ups cost the same for ten objects and ten thousand. */
export function stackOf(objects: readonly KubernetesObject[]): Stack {
  const placed = new Map<string, KubernetesObject[]>();
  const unplaced = new Map<string, KubernetesObject>();
  for (const object of objects) {
    try {
      const key = `${object.kind} ${object.namespace}`;
      const group = placed.get(key);
      if (group === undefined) placed.set(key, [object]);
      else group.push(object);
    } catch {
      unplaced.set(object.kind, object);
    }
  }
  return {
    inNamespace(kind, namespace) {
      const stray = unplaced.get(kind);
      if (stray !== undefined) throw new NotEvaluable(`the namespace of ${stray.ref} is not known before it is created`);
      return placed.get(`${kind} ${namespace}`) ?? [];
    },
  };
}

/** The HorizontalPodAutoscaler or ScaledObject that sets a workload's replicas. */
export function autoscalerOf(workload: KubernetesObject, stack: Stack): Autoscaler | undefined {
  for (const kind of ["HorizontalPodAutoscaler", "ScaledObject"]) {
    for (const scaler of stack.inNamespace(kind, workload.namespace)) {
      const spec = scaler.manifest["spec"] as ScalerSpec | undefined;
      const target = spec?.scaleTargetRef;
      if (target?.name !== workload.name || (target.kind ?? "Deployment") !== workload.kind) continue;
      const minReplicas = kind === "ScaledObject" ? spec?.minReplicaCount ?? 0 : spec?.minReplicas ?? 1;
      return { ref: scaler.ref, minReplicas };
    }
  }
  return undefined;
}

/** The fewest replicas a workload is meant to run with. */
export function minimumReplicas(workload: KubernetesObject, stack: Stack): number {
  const declared = (workload.manifest["spec"] as { replicas?: number } | undefined)?.replicas ?? 1;
  return autoscalerOf(workload, stack)?.minReplicas ?? declared;
}

/**
 * The namespace an object answers for in rules about whole namespaces: a Namespace for itself, and where the stack uses a namespace that it
 * does not own, the first workload in it. Undefined for all others, and for namespaces without workloads.
 */
export function namespaceAnsweredBy(object: KubernetesObject, stack: Stack): string | undefined {
  const namespace = object.kind === "Namespace" ? object.name : object.namespace;
  const workloads = workloadKinds.flatMap((kind) => stack.inNamespace(kind, namespace));
  if (workloads.length === 0) return undefined;
  const owned = stack.inNamespace("Namespace", "").some(({ name }) => name === namespace);
  return object.kind === "Namespace" || (!owned && workloads[0] === object) ? namespace : undefined;
}
