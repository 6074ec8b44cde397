import { EVENT_ID, getScalarValue, SCALAR_STYLE } from "js-yaml";
import type { Event } from "js-yaml";
import { LineCounter } from "yaml";
import type { TextDocument } from "./documents.ts";
import { eventsOf } from "./yaml.ts";

/** A place in a file; lines and columns begin with 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A field somebody asks the place of, and where it was met. */
interface Place {
  offset?: number;
  /** Where the lines of its text begin, in a block that keeps them. */
  text?: number;
  readonly fields: Map<string, Place>;
}

/** The steps of a path such as `spec.containers[0].env` or `metadata.labels["a.b/c"]`. */
export function stepsOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name ?? "",
  );
}

/**
 * Finds the places of fields in a document; of one that does not exist, the place of the nearest parent that does. The
 * document is read
 * once for all paths: positions are only asked for where something was found.
 */
export function locate(document: TextDocument, paths: Iterable<string>): (path: string, textLine?: number) => Location {
  const root: Place = { fields: new Map() };
  for (const path of paths) {
    let place = root;
    for (const step of stepsOf(path)) {
      let next = place.fields.get(step);
      if (next === undefined) place.fields.set(step, (next = { fields: new Map() }));
      place = next;
    }
  }
  visit(eventsOf(document.text), document.text, root);
  const lines = lineCounter(document.text);
  return (path, textLine) => {
    let place = root;
    for (const step of stepsOf(path)) {
      const next = place.fields.get(step);
      if (next?.offset === undefined) return locationAt(document, place.offset ?? 0, lines);
      place = next;
    }
    if (textLine !== undefined && place.text !== undefined) return lineOfText(document, place.text, textLine, lines);
    return locationAt(document, place.offset ?? 0, lines);
  };
}

/** The place of a line of a text, at its first visible character. */
function lineOfText(document: TextDocument, start: number, textLine: number, lines: LineCounter): Location {
  let offset = start;
  for (let line = 0; line < textLine && offset !== 0; line++) offset = document.text.indexOf("\n", offset) + 1;
  while (document.text[offset] === " ") offset += 1;
  return locationAt(document, offset, lines);
}

/** The place of an offset in a document. */
export function locationAt(
  { file, text, linesBefore, columnsBefore = 0 }: TextDocument,
  offset: number,
  lines = lineCounter(text),
): Location {
  const { line, col } = lines.linePos(offset);
  return { file, line: linesBefore + line, column: col + (line === 1 ? columnsBefore : 0) };
}

function lineCounter(text: string): LineCounter {
  const lines = new LineCounter();
  for (let start = 0; ; start = text.indexOf("\n", start) + 1) {
    lines.addNewLine(start);
    if (text.indexOf("\n", start) === -1) return lines;
  }
}

/** Walks through the events of a document and notes the offsets of the places asked for. */
function visit(events: readonly Event[], text: string, root: Place): void {
  let at = 1; // behind the document's own event
  const node = (place: Place | undefined): void => {
    const event = events[at]!;
    at += 1;
    const start = startOf(event);
    if (place !== undefined && start !== undefined) place.offset ??= start;
    if (place !== undefined && event.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.LITERAL_BLOCK)
      place.text = event.valueStart;
    if (event.type === EVENT_ID.MAPPING) {
      while (events[at]!.type !== EVENT_ID.POP) field(place);
      at += 1;
    } else if (event.type === EVENT_ID.SEQUENCE) {
      for (let index = 0; events[at]!.type !== EVENT_ID.POP; index++) node(place?.fields.get(String(index)));
      at += 1;
    }
  };
  const field = (place: Place | undefined): void => {
    const key = events[at]!;
    const value =
      place !== undefined && place.fields.size > 0 && key.type === EVENT_ID.SCALAR
        ? place.fields.get(getScalarValue(text, key))
        : undefined;
    const start = startOf(key);
    if (value !== undefined && start !== undefined) value.offset = start;
    node(undefined);
    node(value);
  };
  node(root);
}

/** Undefined where nothing is written, as for the value of `key:`. */
function startOf(event: Event): number | undefined {
  if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  if (event.type !== EVENT_ID.SCALAR || event.valueStart === -1) return undefined;
  const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
  return event.valueStart - (quoted ? 1 : 0);
}
