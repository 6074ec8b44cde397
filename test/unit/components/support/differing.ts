import { isDeepStrictEqual } from "node:util";
import type { Manifest } from "../../../../scripts/support/declared-objects.ts";

/** An object's namespace, kind and name. */
export const title = ({ kind, metadata }: Manifest): string => `${metadata.namespace}/${kind}/${metadata.name}`;

/** Objects that only one of both has, or that differ between them; their order says nothing. */
export function differing(left: readonly Manifest[], right: readonly Manifest[]): string[] {
  const [ours, theirs] = [left, right].map((objects) => new Map(objects.map((object) => [title(object), object]))) as [
    Map<string, Manifest>,
    Map<string, Manifest>,
  ];
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter((name) => !isDeepStrictEqual(ours.get(name), theirs.get(name)))
    .sort();
}
