import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { keyOf } from "../../model/object-index.ts";
import type { Origin } from "./reader.ts";

/** Objects to judge, and those that they belong together with. */
export interface Variant {
  readonly objects: readonly KubernetesObject[];
  readonly among: readonly KubernetesObject[];
}

/**
 * Takes files apart that hold the same object, as those of two stages do: each is judged with its own objects, and with
 * those that it does not have
 * itself. Files that have nothing in common are one variant.
 */
export function variantsOf(
  objects: readonly KubernetesObject[],
  origins: ReadonlyMap<KubernetesObject, Origin>,
): Variant[] {
  const fileOf = (object: KubernetesObject) => origins.get(object)?.document.file;
  const files = new Map<string, Set<string | undefined>>();
  for (const object of objects) {
    const key = keyOf(object);
    if (key !== undefined) files.set(key, (files.get(key) ?? new Set()).add(fileOf(object)));
  }
  const repeating = new Set([...files.values()].filter(({ size }) => size > 1).flatMap((names) => [...names]));
  if (repeating.size === 0) return [{ objects, among: objects }];
  const byFile = Map.groupBy(objects, (object) => (repeating.has(fileOf(object)) ? fileOf(object) : undefined));
  return [...byFile.values()].map((own) => {
    const mine = new Set(own);
    return { objects: own, among: [...own, ...objects.filter((object) => !mine.has(object))] };
  });
}
