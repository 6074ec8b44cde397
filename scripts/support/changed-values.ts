import { isDeepStrictEqual } from "node:util";
import { some } from "./wording.ts";

/** A resource of a stack: what it is called, whose it is, and what the program says of it. */
export interface Declared {
  readonly kind: string;
  readonly title: string;
  /** @default the stack's own */
  readonly system?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Resources by their URN. */
export type Declarations = ReadonlyMap<string, Declared>;

/** A version of a stack that a preview is compared with. */
export interface Earlier {
  /** What it is: "what stack dev runs", "the last commit, 1a2b3c4". */
  readonly name: string;
  readonly declared: Declarations;
}

/** Why there is nothing to compare with, as the end of a sentence. */
export interface NoEarlier {
  readonly reason: string;
}

/** One value that two versions of a resource have differently; `undefined` where one of them has none. */
export interface ChangedValue {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface Changes {
  readonly added: readonly Declared[];
  readonly removed: readonly Declared[];
  readonly changed: readonly { readonly resource: Declared; readonly values: readonly ChangedValue[] }[];
}

/** Compares two versions of a stack. Secrets, and values that are not known before an update, are taken as equal. */
export function changesBetween(before: Declarations, after: Declarations): Changes {
  return {
    added: [...after].filter(([urn]) => !before.has(urn)).map(([, resource]) => resource),
    removed: [...before].filter(([urn]) => !after.has(urn)).map(([, resource]) => resource),
    changed: [...after].flatMap(([urn, resource]) => {
      const values = before.has(urn) ? [...differences(before.get(urn)!.inputs, resource.inputs, "")] : [];
      return values.length === 0 ? [] : [{ resource, values }];
    }),
  };
}

const secretMark = "4dabf18193072939515e22adb298388d";
const unknownMark = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const isSecret = (value: unknown): boolean => typeof value === "object" && value !== null && secretMark in value;
const isUnseen = (value: unknown): boolean => value === unknownMark || isSecret(value);

/** Items of a list that have a name are compared by it: one that is added in front changes no other. */
function differences(from: unknown, to: unknown, path: string): ChangedValue[] {
  const inBoth = from !== undefined && to !== undefined;
  if ((inBoth && (isUnseen(from) || isUnseen(to))) || isDeepStrictEqual(from, to)) return [];
  const [one, other] = [membersOf(from), membersOf(to)];
  if (one === undefined || other === undefined) return [{ path, from, to }];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) =>
    differences(one.get(key), other.get(key), `${path}${path !== "" && !key.startsWith("[") ? "." : ""}${key}`),
  );
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value).filter(([key]) => !key.startsWith("__")));
  const names = value.map((item: unknown) =>
    typeof item === "object" && item !== null ? (item as { name?: unknown }).name : undefined,
  );
  const named = names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  return new Map(value.map((item: unknown, index) => [`[${named ? String(names[index]) : index}]`, item]));
}

const longest = 60;

/** A value in one line of at most 60 characters. */
export function shortValue(value: unknown): string {
  if (value === undefined) return "(none)";
  const seen = (item: unknown) => (isSecret(item) ? "(secret)" : item === unknownMark ? "(known in the update)" : item);
  const text =
    typeof value === "string" && /^[\w./:@%+-]+$/.test(value)
      ? String(seen(value))
      : JSON.stringify(value, (_, item: unknown) => seen(item));
  return text.length <= longest ? text : `${text.slice(0, longest - 3)}...`;
}

/** Two values beside each other; of long texts the part where they begin to differ. */
function beside(from: unknown, to: unknown): string {
  if (typeof from !== "string" || typeof to !== "string" || Math.max(from.length, to.length) <= longest)
    return `${shortValue(from)} -> ${shortValue(to)}`;
  const [one, other] = [from.split("\n"), to.split("\n")];
  const line = one.findIndex((text, index) => text !== other[index]);
  const at = line === -1 ? one.length : line;
  return `line ${at + 1}: ${shortValue(one[at])} -> ${shortValue(other[at])}`;
}

/**
 * Every changed value as `path: old -> new`; the same change of several objects is one entry with their number and the
 * first of them.
 */
export function changeLines({ changed }: Changes): string[] {
  const entries = new Map<string, string[]>();
  for (const { resource, values } of changed) {
    for (const { path, from, to } of values) {
      const line = `${path}: ${beside(from, to)}`;
      entries.set(line, [...(entries.get(line) ?? []), resource.title]);
    }
  }
  return [...entries].map(
    ([line, [first, ...more]]) => `  ${first}${more.length > 0 ? ` and ${more.length} more` : ""}: ${line}`,
  );
}

/** How many of each kind are new, changed and gone, a line for each system. */
export function countLines({ added, removed, changed }: Changes): string[] {
  const systems = new Map<string, Map<string, Map<string, number>>>();
  for (const [word, resources] of [
    ["new", added],
    ["changed", changed.map(({ resource }) => resource)],
    ["gone", removed],
  ] as const) {
    for (const { system = "the stack itself", kind } of resources) {
      const words = systems.get(system) ?? new Map<string, Map<string, number>>();
      const kinds = words.get(word) ?? new Map<string, number>();
      systems.set(system, words.set(word, kinds.set(kind, (kinds.get(kind) ?? 0) + 1)));
    }
  }
  return [...systems].map(
    ([system, words]) =>
      `  ${system}: ${[...words]
        .map(([word, kinds]) => {
          const sum = [...kinds.values()].reduce((total, count) => total + count, 0);
          const each = [...kinds]
            .toSorted(([one, a], [other, b]) => b - a || one.localeCompare(other))
            .map(([kind, count]) => `${count} ${kind}`);
          return `${sum} ${word} (${each.join(", ")})`;
        })
        .join("; ")}`,
  );
}

/** `3 changed, 1 new, 0 gone`. */
export const sumOf = ({ added, removed, changed }: Changes): string =>
  `${some(changed.length, "object")} changed, ${added.length} new, ${removed.length} gone`;

/** What a preview's stack changes, counted by kind and system, and each value as old and new. */
export function comparedLines(declared: Declarations, earlier: Earlier | NoEarlier): string[] {
  if ("reason" in earlier)
    return [
      `not compared, because ${earlier.reason}: the whole stack is new`,
      ...countLines(changesBetween(new Map(), declared)),
    ];
  const changes = changesBetween(earlier.declared, declared);
  return [`compared with ${earlier.name}: ${sumOf(changes)}`, ...countLines(changes), ...changeLines(changes)];
}
