import type { KubernetesObject } from "../../../policies/model/kubernetes-object.ts";
import type { ObjectIndex } from "../../../policies/model/object-index.ts";

/** Where a rule finds an object: its kind and namespace. */
export const placeOf = ({ kind, namespace }: KubernetesObject): string => `${kind} ${namespace}`;

/** A stack that notes where a rule looks: undefined where it may look at everything. */
export function tracking(stack: ObjectIndex): { tracked: ObjectIndex; reads: () => ReadonlySet<string> | undefined } {
  const places = new Set<string>();
  let all = false;
  const tracked: ObjectIndex = {
    inNamespace: (kind, namespace) => (places.add(`${kind} ${namespace}`), stack.inNamespace(kind, namespace)),
    named: (kind, namespace, name) => (places.add(`${kind} ${namespace}`), stack.named(kind, namespace, name)),
    once: (make) => ((all = true), stack.once(make)),
  };
  return { tracked, reads: () => (all ? undefined : places) };
}
