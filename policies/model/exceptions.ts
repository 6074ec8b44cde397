import { exceptionPrefix } from "./annotations.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

/** A rule's exception on one object. */
export interface Exception {
  readonly ruleId: string;
  readonly annotation: string;
  readonly reason: string;
  /** Last day, inclusive: `YYYY-MM-DD`. */
  readonly until: string;
  /** What is wrong with it; a sound exception has none. */
  readonly problem?: string;
}

const read = new WeakMap<KubernetesObject, { readonly today: string; readonly exceptions: readonly Exception[] }>();

/** The exceptions an object carries, read once an object. `today` is `YYYY-MM-DD`. */
export function exceptionsOf(object: KubernetesObject, today: string): readonly Exception[] {
  const known = read.get(object);
  if (known?.today === today) return known.exceptions;
  const exceptions = readExceptions(object, today);
  read.set(object, { today, exceptions });
  return exceptions;
}

function readExceptions(object: KubernetesObject, today: string): Exception[] {
  return Object.keys(object.annotations)
    .filter((key) => key.startsWith(exceptionPrefix))
    .map((annotation) => {
      const ruleId = annotation.slice(exceptionPrefix.length);
      const [reason = "", until = ""] = String(object.annotations[annotation])
        .split(/;\s*until=/)
        .map((part) => part.trim());
      const problem = problemOf(reason, until, today);
      return { ruleId, annotation, reason, until, ...(problem === undefined ? {} : { problem }) };
    });
}

function problemOf(reason: string, until: string, today: string): string | undefined {
  if (!isDate(until)) return 'has no end date: it must read "reason; until=YYYY-MM-DD"';
  if (!/\p{L}{2}/u.test(reason)) return "gives no reason";
  if (until < today) return `expired on ${until}`;
  return undefined;
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
