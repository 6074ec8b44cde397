import type { Manifest } from "../../../policies/model/kubernetes-object.ts";

/** Means that the field is gone. */
export const gone = Symbol("gone");

/** One weaker value of a field. */
export interface Weakening {
  /** How reports name it. */
  readonly label: string;
  /** The weaker value, {@link gone}, or undefined where this field cannot be weakened in this way. */
  to(value: unknown, manifest: Manifest): unknown;
  /** Whether the value is another object that comes beside this one. @default false */
  readonly beside?: boolean;
}

/** A protective field and the ways to weaken it. */
export interface MutationPattern {
  /** Every container of a pod, its pod spec, or objects of these kinds. */
  readonly of: "container" | "pod" | readonly string[];
  /**
   * The field's path from there: `[*]` is each element, `[name=verify]` those with that value; the empty path is the
   * object.
   */
  readonly field: string;
  readonly weakenings: readonly Weakening[];
  /** Whether the weakenings are also for objects that do not have the field. @default false */
  readonly added?: boolean;
  /**
   * Whether the pod's field of the same path is deleted with it, which would stand in for it otherwise.
   * @default false
   */
  readonly inherited?: boolean;
  /** Objects it is about. @default all of its kinds */
  readonly where?: (manifest: Manifest) => boolean;
}

type Field = Omit<MutationPattern, "of">;

const deletion: Weakening = { label: "deleted", to: () => gone };
const isWeakening = (value: unknown): value is Weakening =>
  typeof value === "object" && value !== null && typeof (value as Partial<Weakening>).to === "function";
const weakenings = (values: readonly unknown[]) =>
  values.map((value): Weakening => (isWeakening(value) ? value : { label: JSON.stringify(value), to: () => value }));

/** A weakening that depends on the value that is there. */
export const by = <Value>(label: string, to: (value: Value, manifest: Manifest) => unknown): Weakening => ({
  label,
  to: to as Weakening["to"],
});

/** Another object, made from one that is there. */
export const beside = (label: string, to: (manifest: Manifest) => unknown): Weakening => ({
  label,
  to: (_value, manifest) => to(manifest),
  beside: true,
});

/** A field that is deleted, and set to each of some weak values. */
export const field = (path: string, ...values: readonly unknown[]): Field => ({
  field: path,
  weakenings: [deletion, ...weakenings(values)],
});

/**
 * A field that is set to weak values, because what its absence means is as good, or because the API refuses an object
 * without it.
 */
export const kept = (path: string, ...values: readonly unknown[]): Field => ({
  field: path,
  weakenings: weakenings(values),
});

/** A weak value that is set where the field is absent, too. */
export const added = (path: string, ...values: readonly unknown[]): Field => ({
  ...kept(path, ...values),
  added: true,
});

/** Patterns of fields under one root. */
export const patternsOf = (of: MutationPattern["of"], ...fields: readonly Field[]): MutationPattern[] =>
  fields.map((pattern) => ({ of, ...pattern }));

/** Patterns for some objects only. */
export const onlyWhere = (
  where: (manifest: Manifest) => boolean,
  patterns: readonly MutationPattern[],
): MutationPattern[] => patterns.map((pattern) => ({ ...pattern, where }));
