import { EVENT_ID, parseEvents, YAMLException } from "js-yaml";
import type { Event } from "js-yaml";
import { construct, Refused } from "./document-values.ts";
import type { Ambiguity } from "./document-values.ts";
import { parseLoosely } from "./loose-indentation.ts";

/** Levels of nesting; the deepest objects in use, custom resource definitions, have about 60. */
export const maxDepth = 200;
/**
 * Values in a document once its aliases are followed. Ten lines of aliases of aliases stand for more than any memory
 * holds.
 */
const maxExpandedValues = 1_000_000;
/**
 * Marks between values in a document, which bound the memory that it takes: ten times what a list of 10,000 workloads
 * has.
 */
const maxMarks = 10_000_000;
/** Shorter documents cannot have too many marks. */
const shortDocument = maxMarks;

/** Text that is no YAML or JSON, or refuses to be read within bounds. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  /** Where in the text, as an offset. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A document's value, and what in it kubectl and others read differently. */
export interface Parsed {
  /** Undefined for an empty document. */
  readonly value: unknown;
  readonly ambiguities: readonly Ambiguity[];
}

/** The value of one document of YAML or JSON as kubectl reads it. Throws {@link Unreadable}, and nothing else. */
export function parseDocument(text: string): Parsed {
  return reading(text, () => {
    refuseMarks(text);
    const events = eventsOf(text);
    if (events.length === 0) return { value: undefined, ambiguities: [] };
    const parsed = construct(events, text);
    const alias = events.find((event) => event.type === EVENT_ID.ALIAS);
    if (alias !== undefined) refuseExpansion(parsed.value, alias.anchorStart);
    return parsed;
  });
}

/** The value of a text that has one document. Throws {@link Unreadable}. */
export function parse(text: string): unknown {
  return parseDocument(text).value;
}

/** The events of a document, with the positions of everything in it. Throws a `YAMLException`. */
export function eventsOf(text: string): Event[] {
  return parseLoosely(text, (padded) => parseEvents(padded, { maxDepth }));
}

function reading<Result>(text: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    if (error instanceof Refused)
      throw looksLikeTemplate(error.message, text) ?? new Unreadable(error.message, error.offset);
    const { reason, mark } =
      error instanceof YAMLException ? error : { reason: (error as Error).message, mark: undefined };
    throw unreadable(reason, text, mark?.position ?? 0);
  }
}

function unreadable(reason: string, text: string, offset: number): Unreadable {
  if (reason.startsWith("nesting exceeded")) return new Unreadable(`is nested deeper than ${maxDepth} levels`, offset);
  return looksLikeTemplate(reason, text) ?? new Unreadable(`is no YAML or JSON: ${reason}`, offset);
}

function looksLikeTemplate(reason: string, text: string): Unreadable | undefined {
  const action = text.search(/\{\{-?\s*(?:\.|\/\*|if\b|range\b|with\b|include\b|template\b|define\b|end\b|toYaml\b)/);
  return action === -1
    ? undefined
    : new Unreadable(`is no YAML (${reason}) but looks like a template: render it first (helm template)`, action);
}

function refuseMarks(text: string): void {
  if (text.length < shortDocument) return;
  let marks = 0;
  for (const mark of ["\n", ":", ",", "[", "{"]) {
    // Several times faster than looking at each character: most texts this long are few long lines.
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
      marks += 1;
      if (marks > maxMarks) throw new Unreadable(`holds more than ${maxMarks / 1e6} million values: split it`, 0);
    }
  }
}

/** How many values there are in one, and how deep they are nested, when aliases are followed. */
interface Extent {
  readonly values: number;
  readonly depth: number;
}

/** Refuses aliases that make a value contain itself, or stand for more values than can be looked at. */
function refuseExpansion(root: unknown, offset: number): void {
  const known = new Map<object, Extent | "open">();
  const extentOf = (value: unknown): Extent => {
    if (typeof value !== "object" || value === null) return { values: 1, depth: 0 };
    const before = known.get(value);
    if (before === "open") throw new Unreadable("an alias refers to what contains it, without end", offset);
    if (before !== undefined) return before;
    known.set(value, "open");
    const extent = Object.values(value)
      .map(extentOf)
      .reduce((sum, { values, depth }) => ({ values: sum.values + values, depth: Math.max(sum.depth, depth + 1) }), {
        values: 1,
        depth: 1,
      });
    known.set(value, extent);
    return extent;
  };
  const { values, depth } = extentOf(root);
  if (values > maxExpandedValues)
    throw new Unreadable(`its aliases stand for more than ${maxExpandedValues} values`, offset);
  if (depth > maxDepth) throw new Unreadable(`is nested deeper than ${maxDepth} levels, through aliases`, offset);
}
