import type { V1LabelSelector } from "@kubernetes/client-node";
import { controllerAdds, ownPart } from "./controller-labels.ts";
import { foreignPods } from "../model/foreign-pods.ts";
import { known, NotEvaluable } from "../model/not-evaluable.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { podOf, workloadKinds } from "../model/pod-spec-walker.ts";
import { selects } from "../model/label-selectors.ts";
import type { Labels } from "../model/label-selectors.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** Kinds that choose pods of their namespace by labels. */
export const selectingKinds = ["Service", "NetworkPolicy", "PodDisruptionBudget"] as const;
export type SelectingKind = (typeof selectingKinds)[number];

/** The selector of a Service, a NetworkPolicy or a PodDisruptionBudget; undefined where it has none. */
export function selectorOf(object: KubernetesObject): V1LabelSelector | undefined {
  const spec = (object.manifest["spec"] ?? {}) as { selector?: unknown; podSelector?: V1LabelSelector };
  if (object.kind === "NetworkPolicy") return spec.podSelector ?? {};
  if (object.kind === "PodDisruptionBudget") return spec.selector as V1LabelSelector | undefined;
  const matchLabels = (spec.selector ?? {}) as Record<string, string>;
  return Object.keys(matchLabels).length === 0 ? undefined : { matchLabels };
}

/**
 * The workloads of a namespace whose pods a selector matches. Known ones come first; then it throws where labels that
 * are not known yet
 * may be matched as well.
 */
export function* workloadsSelected(
  selector: V1LabelSelector | undefined,
  namespace: string,
  objects: ObjectIndex,
): Generator<KubernetesObject> {
  if (selector === undefined || selector === null) return;
  const { byPair, open, all } = objects.once(workloadsByLabel).get(namespace) ?? {
    byPair: new Map<string, KubernetesObject[]>(),
    open: [],
    all: [],
  };
  const own = ownPart(selector);
  const lists = Object.entries(own.matchLabels ?? {}).map(([key, value]) => byPair.get(pair(key, value)) ?? []);
  for (const { key, operator, values = [] } of own.matchExpressions ?? []) {
    if (operator === "In") lists.push(values.flatMap((value) => byPair.get(pair(key, value)) ?? []));
  }
  const candidates = lists.length === 0 ? all : [...shortest(lists), ...open];
  yield* matching(
    candidates,
    (workload) =>
      selects(own, podOf(workload)?.labels ?? {}) && (own === selector || controllerAdds(selector, workload, objects)),
  );
  for (const kind of workloadKinds) objects.inNamespace(kind, namespace); // throws where one has no namespace yet
}

/** The objects of a kind that select pods with these labels, in the same way. */
export function* selecting(
  kind: SelectingKind,
  labels: Labels,
  namespace: string,
  objects: ObjectIndex,
): Generator<KubernetesObject> {
  const { byPair, rest, all } = objects.once(selectorsByPair).get(`${kind} ${namespace}`) ?? {
    byPair: new Map<string, KubernetesObject[]>(),
    rest: [],
    all: [],
  };
  const pairs = known(() => Object.entries(labels));
  const candidates =
    pairs === undefined ? all : [...pairs.flatMap(([key, value]) => byPair.get(pair(key, value)) ?? []), ...rest];
  yield* matching(candidates, (object) => selects(selectorOf(object), labels));
  objects.inNamespace(kind, namespace);
}

function* matching(
  candidates: Iterable<KubernetesObject>,
  matches: (candidate: KubernetesObject) => boolean,
): Generator<KubernetesObject> {
  let open: NotEvaluable | undefined;
  for (const candidate of candidates) {
    try {
      if (!matches(candidate)) continue;
    } catch (error) {
      // An object of an impossible shape matches nothing; the rules about itself say what is wrong with it.
      if (error instanceof NotEvaluable) open ??= error;
      continue;
    }
    yield candidate;
  }
  if (open !== undefined) throw open;
}

interface ByLabel {
  readonly byPair: Map<string, KubernetesObject[]>;
  /** Objects with a label that is not known yet. */
  readonly open: KubernetesObject[];
  readonly all: KubernetesObject[];
}

function workloadsByLabel(objects: readonly KubernetesObject[]): Map<string, ByLabel> {
  const namespaces = new Map<string, ByLabel>();
  for (const object of objects) {
    const namespace = known(() => object.namespace);
    if (namespace === undefined) continue;
    const index = entry(namespaces, namespace, () => ({
      byPair: new Map<string, KubernetesObject[]>(),
      open: [],
      all: [],
    }));
    const workloads = (workloadKinds as readonly string[]).includes(object.kind)
      ? [object]
      : (known(() => foreignPods(object)) ?? []);
    for (const workload of workloads) {
      index.all.push(workload);
      const pairs = known(() => Object.entries(podOf(workload)?.labels ?? {}));
      if (pairs === undefined) index.open.push(workload);
      else for (const [key, value] of pairs) entry(index.byPair, pair(key, value), () => []).push(workload);
    }
  }
  return namespaces;
}

interface BySelector {
  readonly byPair: Map<string, KubernetesObject[]>;
  /** Objects whose selector asks for no label's value, or for one that is not known yet. */
  readonly rest: KubernetesObject[];
  readonly all: KubernetesObject[];
}

/**
 * Each object stands under the one of its selector's labels that the fewest selectors ask for, so that a look-up meets
 * few others.
 */
function selectorsByPair(objects: readonly KubernetesObject[]): Map<string, BySelector> {
  const groups = new Map<string, { object: KubernetesObject; pairs: string[] }[]>();
  for (const object of objects) {
    if (!(selectingKinds as readonly string[]).includes(object.kind)) continue;
    const group = known(() => `${object.kind} ${object.namespace}`);
    const pairs =
      known(() => Object.entries(selectorOf(object)?.matchLabels ?? {}).map(([key, value]) => pair(key, value))) ?? [];
    if (group !== undefined) entry(groups, group, () => []).push({ object, pairs });
  }
  return new Map(
    [...groups].map(([group, members]) => {
      const askedFor = new Map<string, number>();
      for (const { pairs } of members) for (const asked of pairs) askedFor.set(asked, (askedFor.get(asked) ?? 0) + 1);
      const index: BySelector = { byPair: new Map(), rest: [], all: members.map(({ object }) => object) };
      for (const { object, pairs } of members) {
        const [rarest] = pairs.toSorted((one, other) => (askedFor.get(one) ?? 0) - (askedFor.get(other) ?? 0));
        if (rarest === undefined) index.rest.push(object);
        else entry(index.byPair, rarest, () => []).push(object);
      }
      return [group, index];
    }),
  );
}

function pair(key: string, value: string): string {
  return `${key}=${value}`;
}

function shortest<Item>(lists: readonly Item[][]): Item[] {
  return lists.reduce((best, list) => (list.length < best.length ? list : best));
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
