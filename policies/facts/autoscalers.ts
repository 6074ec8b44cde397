import { kindOf } from "../model/kind-groups.ts";
import { known, NotEvaluable } from "../model/not-evaluable.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** Kinds that set a workload's replicas. */
export const scalerKinds = ["HorizontalPodAutoscaler", "ScaledObject"] as const;

/** What HorizontalPodAutoscalers and ScaledObjects have in common, in one spelling, with the defaults of each. */
export interface ScalerSpec {
  /** @default 1 for a HorizontalPodAutoscaler, 0 for a ScaledObject */
  readonly minReplicas: number;
  /** Undefined where it is missing, which only KEDA allows: it means 100. */
  readonly maxReplicas: number | undefined;
  /** Its metrics or triggers. */
  readonly measures: readonly unknown[];
  /** What its fields are called under `spec`. */
  readonly fields: { readonly min: string; readonly max: string; readonly measures: string };
}

/** The workload whose replicas an autoscaler sets. KEDA's default kind is Deployment. */
export function targetOf(scaler: KubernetesObject): { readonly kind: string; readonly name?: string } {
  const { scaleTargetRef } = (scaler.manifest["spec"] ?? {}) as {
    scaleTargetRef?: { apiVersion?: string; kind?: string; name?: string };
  };
  return { ...scaleTargetRef, kind: kindOf(scaleTargetRef?.apiVersion ?? "", scaleTargetRef?.kind ?? "Deployment") };
}

const spellings = {
  HorizontalPodAutoscaler: { min: "minReplicas", max: "maxReplicas", measures: "metrics", fewest: 1 },
  ScaledObject: { min: "minReplicaCount", max: "maxReplicaCount", measures: "triggers", fewest: 0 },
} as const;

/** Reads a HorizontalPodAutoscaler or a ScaledObject. */
export function scalerSpec(scaler: KubernetesObject): ScalerSpec {
  const { fewest, ...fields } = spellings[scaler.kind as keyof typeof spellings];
  const spec = (scaler.manifest["spec"] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    minReplicas: (spec[fields.min] as number | undefined) ?? fewest,
    maxReplicas: spec[fields.max] as number | undefined,
    measures: (spec[fields.measures] ?? []) as readonly unknown[],
    fields,
  };
}

/** The autoscalers that set a workload's replicas. Throws where one in the namespace may or may not mean it. */
export function scalersOf(
  kind: string,
  namespace: string,
  name: string,
  objects: ObjectIndex,
): readonly KubernetesObject[] {
  const { byTarget, open } = objects.once(targets);
  const found = byTarget.get(`${namespace} ${kind} ${name}`);
  if (found !== undefined) return found;
  for (const scalerKind of scalerKinds) objects.inNamespace(scalerKind, namespace); // throws where one has no namespace yet
  const stray = open.get(namespace);
  if (stray !== undefined) throw new NotEvaluable(`the target of ${stray.ref} is not known before it is created`);
  return [];
}

interface Targets {
  /** By `namespace kind name`. */
  readonly byTarget: ReadonlyMap<string, readonly KubernetesObject[]>;
  /** A scaler whose target is not known yet, by namespace. */
  readonly open: ReadonlyMap<string, KubernetesObject>;
}

function targets(objects: readonly KubernetesObject[]): Targets {
  const byTarget = new Map<string, KubernetesObject[]>();
  const open = new Map<string, KubernetesObject>();
  for (const scaler of objects) {
    if (!(scalerKinds as readonly string[]).includes(scaler.kind)) continue;
    const namespace = known(() => scaler.namespace);
    if (namespace === undefined) continue; // scalersOf() asks the stack, which throws
    const target = known(() => targetOf(scaler));
    if (target === undefined) open.set(namespace, scaler);
    else {
      const key = `${namespace} ${target.kind} ${target.name}`;
      byTarget.set(key, [...(byTarget.get(key) ?? []), scaler]);
    }
  }
  return { byTarget, open };
}
