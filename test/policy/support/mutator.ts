import { isDeepStrictEqual } from "node:util";
import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import type { Manifest } from "../../../policies/model/kubernetes-object.ts";
import { containersOf, podOf } from "../../../policies/model/pod-spec-walker.ts";
import { gone } from "./mutation-pattern.ts";
import type { MutationPattern } from "./mutation-pattern.ts";

/** One object made weaker. */
export interface Mutant {
  /** The pattern and the weakening: `container image: :latest`. */
  readonly change: string;
  /** The field that was changed, from the object's root. */
  readonly path: string;
  /** The object as declared; undefined for one that is added. */
  readonly before?: Manifest;
  /** The weaker object; undefined for one that is removed. */
  readonly after?: Manifest;
}

type Steps = readonly (string | number)[];

/**
 * Every mutant of an object by some patterns. Pure: the object stays as it is, and mutants share what they do not
 * change.
 */
export function* mutantsOf(manifest: Manifest, patterns: readonly MutationPattern[]): Generator<Mutant> {
  const roots = rootsOf(manifest);
  for (const pattern of patterns) {
    const own = roots(pattern.of);
    if (own.length === 0 || pattern.where?.(manifest) === false) continue;
    const name = `${typeof pattern.of === "string" ? pattern.of : manifest.kind} ${pattern.field || "object"}`;
    for (const root of own) {
      for (const steps of located(manifest, root, pattern)) {
        const value = valueAt(manifest, steps);
        for (const { label, to, beside = false } of pattern.weakenings) {
          const weak = to(value, manifest);
          if (weak === undefined || isDeepStrictEqual(weak, value)) continue;
          const inherited =
            pattern.inherited && weak === gone ? roots("pod").map((pod) => [...pod, ...steps.slice(root.length)]) : [];
          const after =
            steps.length === 0 && weak === gone
              ? undefined
              : ([steps, ...inherited].reduce<unknown>((copy, at) => withValue(copy, at, weak), manifest) as Manifest);
          yield {
            change: `${name}: ${label}`,
            path: steps.join("."),
            ...(beside ? {} : { before: manifest }),
            ...(after && { after }),
          };
        }
      }
    }
  }
}

/** Where patterns begin: the object itself, its pod spec, and each of its containers. */
function rootsOf(manifest: Manifest): (of: MutationPattern["of"]) => readonly Steps[] {
  const [object] = fromManifest(manifest);
  const pod = object && podOf(object);
  const roots = {
    pod: pod ? [stepsOf(pod.path)] : [],
    container: pod ? [...containersOf(pod)].map(({ path }) => stepsOf(path)) : [],
  };
  return (of) => (typeof of === "string" ? roots[of] : of.includes(String(manifest.kind)) ? [[]] : []);
}

/** The steps of a path: `a.b[0]`, `a["b/c"]`, `a[*]`, `a[name=x]`. */
function stepsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|(\[[^\]]+\])|([^.[\]]+)/g)].map(([, quoted, index, wild, plain]) =>
    index === undefined ? (quoted ?? wild ?? plain ?? "") : Number(index),
  );
}

function located(manifest: Manifest, root: Steps, { field, added = false }: MutationPattern): Steps[] {
  return stepsOf(field).reduce<Steps[]>(
    (places, step) =>
      places.flatMap((place) => next(valueAt(manifest, place), step, added).map((found) => [...place, found])),
    [root],
  );
}

/** The keys or indexes a step leads to; a key that is not there only where it may be added. */
function next(value: unknown, step: string | number, added: boolean): (string | number)[] {
  const [, key = "", wanted] = /^\[(\*|\w+)(?:=(.+))?\]$/.exec(String(step)) ?? [];
  if (key !== "") {
    const elements = Array.isArray(value) ? (value as Readonly<Record<string, unknown>>[]) : [];
    return elements.flatMap((element, index) => (wanted === undefined || element[key] === wanted ? [index] : []));
  }
  const present = typeof value === "object" && value !== null && Object.hasOwn(value, step);
  return present || added ? [step] : [];
}

function valueAt(value: unknown, steps: Steps): unknown {
  return steps.reduce<unknown>(
    (at, step) => (at as Readonly<Record<string | number, unknown>> | undefined)?.[step],
    value,
  );
}

/** A copy with one value changed, which shares all the rest. */
function withValue(value: unknown, [step, ...rest]: Steps, weak: unknown): unknown {
  if (step === undefined) return weak;
  if (Array.isArray(value)) {
    const copy = [...value] as unknown[];
    if (rest.length === 0 && weak === gone) copy.splice(Number(step), 1);
    else copy[Number(step)] = withValue(copy[Number(step)], rest, weak);
    return copy;
  }
  const copy = { ...(value as Record<string, unknown>) };
  if (rest.length === 0 && weak === gone) delete copy[step];
  else if (copy[step] !== undefined || weak !== gone) copy[step] = withValue(copy[step], rest, weak);
  return copy;
}
