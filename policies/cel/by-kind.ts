import { literal } from "./template.ts";

/**
 * One value for each of some kinds, as CEL: `request.kind.kind in ["CronJob"] ? … : …`, the most frequent value last.
 */
export function byKind(values: ReadonlyMap<string, string>): string {
  const kinds = Map.groupBy(values.keys(), (kind) => values.get(kind) as string);
  const [usual = ["", []], ...others] = [...kinds].sort(([, some], [, more]) => more.length - some.length);
  return others.reduce(
    (rest, [value, names]) => `request.kind.kind in ${literal(names)} ? ${value} : ${rest}`,
    usual[0],
  );
}
