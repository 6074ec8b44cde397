import { known, NotEvaluable } from "./not-evaluable.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { workloadKinds } from "./pod-spec-walker.ts";

/** All objects of one evaluation, found by kind, namespace and name. */
export interface ObjectIndex {
  /** The objects of a kind in a namespace. Throws where an object of that kind may or may not belong to it. */
  inNamespace(kind: string, namespace: string): readonly KubernetesObject[];
  /**
   * The object of a kind and a name; undefined where there is none. Throws where an object that may be the one cannot
   * be told yet.
   */
  named(kind: string, namespace: string, name: string): KubernetesObject | undefined;
  /**
   * What a function makes of the whole stack, worked out once and kept: the indexes of rules that look further than
   * names.
   */
  once<Made>(make: (objects: readonly KubernetesObject[]) => Made): Made;
}

/**
 * Indexes the objects once, the first of each name, so that a rule's look-ups cost the same for ten objects and ten
 * thousand.
 */
export function indexObjects(all: readonly KubernetesObject[]): ObjectIndex {
  const objects = withoutRepeated(all);
  const placed = new Map<string, KubernetesObject[]>();
  const named = new Map<string, KubernetesObject>();
  const unplaced = new Map<string, KubernetesObject>();
  const unnamed = new Map<string, KubernetesObject>();
  const made = new Map<unknown, unknown>();
  for (const object of objects) {
    const key = known(() => `${object.kind} ${object.namespace}`);
    if (key === undefined) {
      unplaced.set(object.kind, object);
      continue;
    }
    const group = placed.get(key);
    if (group === undefined) placed.set(key, [object]);
    else group.push(object);
    const name = known(() => object.name);
    if (name === undefined) unnamed.set(key, object);
    else if (!named.has(`${key} ${name}`)) named.set(`${key} ${name}`, object);
  }
  const refuseStray = (kind: string) => {
    const stray = unplaced.get(kind);
    if (stray !== undefined)
      throw new NotEvaluable(stray.unseen ?? `the namespace of ${stray.ref} is not known before it is created`);
  };
  return {
    inNamespace(kind, namespace) {
      refuseStray(kind);
      return placed.get(`${kind} ${namespace}`) ?? [];
    },
    named(kind, namespace, name) {
      const found = named.get(`${kind} ${namespace} ${name}`);
      if (found !== undefined) return found;
      refuseStray(kind);
      const stray = unnamed.get(`${kind} ${namespace}`);
      if (stray !== undefined) throw new NotEvaluable(`the name of ${stray.ref} is not known before it is created`);
      return undefined;
    },
    once<Made>(make: (all: readonly KubernetesObject[]) => Made): Made {
      if (!made.has(make)) made.set(make, make(objects));
      return made.get(make) as Made;
    },
  };
}

/**
 * Of objects that are the same one, as in the manifests of two stages, the first. Those that get their name from the
 * server are all different.
 */
function withoutRepeated(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const seen = new Set<string>();
  const first = objects.filter((object) => {
    const key = keyOf(object);
    if (key === undefined) return true;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
  return first.length === objects.length ? objects : first;
}

/** What makes an object the same one for an API server; undefined where that is not known, or is left to the server. */
export function keyOf(object: KubernetesObject): string | undefined {
  return known(() =>
    object.unseen === undefined && object.manifest.metadata?.name !== undefined
      ? `${object.kind} ${object.namespace} ${object.name}`
      : undefined,
  );
}

/**
 * The namespace an object answers for in rules about whole namespaces: a Namespace for itself, and where the stack uses
 * a namespace that it
 * does not own, the first workload in it. Undefined for all others, and for namespaces without workloads.
 */
export function namespaceAnsweredBy(object: KubernetesObject, objects: ObjectIndex): string | undefined {
  const namespace = object.kind === "Namespace" ? object.name : object.namespace;
  const first = workloadKinds
    .map((kind) => objects.inNamespace(kind, namespace)[0])
    .find((workload) => workload !== undefined);
  if (first === undefined) return undefined;
  return object.kind === "Namespace" || (first === object && !ownsNamespace(namespace, objects))
    ? namespace
    : undefined;
}

/** Whether the stack declares a namespace: what is not declared in it is then not there. */
export function ownsNamespace(namespace: string, objects: ObjectIndex): boolean {
  return objects.named("Namespace", "", namespace) !== undefined;
}
