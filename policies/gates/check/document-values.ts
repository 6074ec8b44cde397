import { EVENT_ID, getScalarValue, SCALAR_STYLE } from "js-yaml";
import type { Event, ScalarEvent } from "js-yaml";
import { plainValue, taggedValue } from "./scalars.ts";

/** A place that kubectl and others read differently. */
export interface Ambiguity {
  readonly offset: number;
  readonly message: string;
}

/** What a document stands for, and where that depends on who reads it. */
export interface Constructed {
  readonly value: unknown;
  readonly ambiguities: readonly Ambiguity[];
}

/** Why a document has no value, and where. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

type Mapping = Record<string, unknown>;
const open = Symbol("open");
/** Keys that the merges of a document may copy: a few lines can ask for more than any memory holds. */
const maxMergedKeys = 1_000_000;

/**
 * Makes the value of the first document of some events in the way of kubectl, which is Go's YAML 1.1: what stands last
 * counts, be it a key that is
 * given twice or a merge key. Throws {@link Refused}.
 */
export function construct(events: readonly Event[], source: string): Constructed {
  const anchors = new Map<string, unknown>();
  const ambiguities: Ambiguity[] = [];
  let at = 1; // behind the document's own event
  let mergedKeys = 0;

  const name = ({ anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }) =>
    anchorStart === -1 ? undefined : source.slice(anchorStart, anchorEnd);
  const tagOf = ({ tagStart, tagEnd }: ScalarEvent) => (tagStart === -1 ? undefined : source.slice(tagStart, tagEnd));

  const scalar = (event: ScalarEvent): unknown => {
    const text = getScalarValue(source, event);
    const tag = tagOf(event);
    if (tag === undefined) return event.style === SCALAR_STYLE.PLAIN ? plainValue(text) : text;
    const value = tag === "!" ? text : taggedValue(tag, text);
    if (value === undefined) throw new Refused(`"${text}" is no ${tag}`, event.tagStart);
    return value;
  };

  const node = (): unknown => {
    const event = events[at]!;
    at += 1;
    if (event.type === EVENT_ID.ALIAS) {
      const alias = name(event)!;
      if (!anchors.has(alias)) throw new Refused(`there is no anchor &${alias} before *${alias}`, event.anchorStart);
      const value = anchors.get(alias);
      if (value === open) throw new Refused("an alias refers to what contains it, without end", event.anchorStart);
      return value;
    }
    if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE)
      throw new Refused("holds no value", 0);
    const anchor = name(event);
    if (anchor !== undefined) anchors.set(anchor, open);
    const value =
      event.type === EVENT_ID.SCALAR ? scalar(event) : event.type === EVENT_ID.MAPPING ? mapping() : sequence();
    if (anchor !== undefined) anchors.set(anchor, value);
    return value;
  };

  const sequence = (): unknown[] => {
    const items: unknown[] = [];
    while (events[at]!.type !== EVENT_ID.POP) items.push(node());
    at += 1;
    return items;
  };

  const isMergeKey = ({ valueStart, valueEnd }: ScalarEvent) =>
    valueEnd - valueStart === 2 && source.startsWith("<<", valueStart);

  const mapping = (): Mapping => {
    const result: Mapping = {};
    let merged: Set<string> | undefined; // keys that no line of this mapping sets, where it merges at all
    while (events[at]!.type !== EVENT_ID.POP) {
      const event = events[at]!;
      const offset = offsetOf(event);
      if (event.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN && isMergeKey(event)) {
        at += 1;
        merge(result, (merged ??= new Set()), offset);
        continue;
      }
      const key = keyOf(node(), offset);
      if (Object.hasOwn(result, key) && !merged?.has(key))
        ambiguities.push({ offset, message: `the key ${key} is given twice` }); // kubectl takes the last
      merged?.delete(key);
      set(result, key, node());
    }
    at += 1;
    return result;
  };

  const merge = (into: Mapping, merged: Set<string>, offset: number): void => {
    const isList = events[at]!.type === EVENT_ID.SEQUENCE;
    const given = node();
    const overridden = new Set<string>();
    const sources = isList ? (given as readonly unknown[]).toReversed() : [given]; // of a list the first wins
    for (const source of sources) {
      if (typeof source !== "object" || source === null || Array.isArray(source))
        throw new Refused("a merge key << needs a mapping, or a list of them", offset);
      for (const key of Object.keys(source)) {
        mergedKeys += 1;
        if (mergedKeys > maxMergedKeys)
          throw new Refused(`its merge keys stand for more than ${maxMergedKeys} values`, offset);
        const value = (source as Mapping)[key];
        const isSet = Object.hasOwn(into, key);
        if (!isSet) merged.add(key);
        else if (!merged.has(key) && into[key] !== value) overridden.add(key);
        set(into, key, value);
      }
    }
    if (overridden.size === 0) return;
    const keys = [...overridden].join(" and ");
    ambiguities.push({
      offset,
      message: `the merge key << stands behind ${keys} and sets the same: kubectl takes the merged value, as is judged here, and kustomize the other; write << first`,
    });
  };

  return { value: node(), ambiguities };
}

/** Keys are texts in JSON, whatever YAML makes of them. */
function keyOf(key: unknown, offset: number): string {
  if (typeof key === "object")
    throw new Refused(key === null ? "a key is empty" : "a key is a list or a mapping", offset);
  return String(key);
}

/** `__proto__` is a key like others. */
function set(mapping: Mapping, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(mapping, key, { value, enumerable: true, configurable: true, writable: true });
  else mapping[key] = value;
}

function offsetOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return Math.max(event.valueStart, 0);
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart;
  return event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE ? event.start : 0;
}
