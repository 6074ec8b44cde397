import type { V1LabelSelector } from "@kubernetes/client-node";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { maximumReplicas } from "./replicas.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** Labels that a StatefulSet puts on each of its pods, with another value on each. */
const podName = "statefulset.kubernetes.io/pod-name";
const podIndex = "apps.kubernetes.io/pod-index";
/** Labels whose values nobody can know from a manifest: hashes of templates, and numbers. */
const unforeseen = [
  "pod-template-hash",
  "controller-revision-hash",
  "pod-template-generation",
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-completion-index",
];

const added = new Set([podName, podIndex, ...unforeseen]);

/** The part of a selector that a template's own labels decide. */
export function ownPart(selector: V1LabelSelector): V1LabelSelector {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (!Object.keys(matchLabels).some((key) => added.has(key)) && !matchExpressions.some(({ key }) => added.has(key)))
    return selector;
  return {
    matchLabels: Object.fromEntries(Object.entries(matchLabels).filter(([key]) => !added.has(key))),
    matchExpressions: matchExpressions.filter(({ key }) => !added.has(key)),
  };
}

/** Whether some pod of a workload gets all that a selector asks for beyond {@link ownPart} from its controller. */
export function controllerAdds(
  { matchLabels = {}, matchExpressions = [] }: V1LabelSelector,
  workload: KubernetesObject,
  objects: ObjectIndex,
): boolean {
  const given = (key: string, values: readonly string[]) =>
    values.some((value) =>
      unforeseen.includes(key) ? workload.kind !== "Pod" : isPodOf(workload, key, value, objects),
    );
  return (
    Object.entries(matchLabels).every(([key, value]) => !added.has(key) || given(key, [value])) &&
    matchExpressions.every(
      ({ key, operator, values = [] }) =>
        !added.has(key) ||
        operator === "NotIn" ||
        (operator === "In" ? given(key, values) : (operator === "Exists") === (workload.kind !== "Pod")),
    )
  );
}

function isPodOf(workload: KubernetesObject, key: string, value: string, objects: ObjectIndex): boolean {
  const isSet = workload.kind === "StatefulSet" || workload.ref.startsWith("StatefulSet.");
  const ordinal = key === podIndex ? value : value.slice(workload.name.length + 1);
  if (!isSet || !/^(?:0|[1-9]\d*)$/.test(ordinal) || (key === podName && value !== `${workload.name}-${ordinal}`))
    return false;
  const { ordinals: { start = 0 } = {} } = (workload.manifest["spec"] ?? {}) as { ordinals?: { start?: number } };
  return Number(ordinal) >= start && Number(ordinal) < start + maximumReplicas(workload, objects);
}
