import { EVENT_ID, YAMLException } from "js-yaml";
import type { Event } from "js-yaml";

/** What the parser says of a line inside of quotes or brackets that stands further left than YAML 1.2 wants it. */
const tooFarLeft = "deficient indentation";
/** More than any nesting that is read needs. */
const pad = " ".repeat(256);
/** Characters that all attempts may parse together. */
const maxWork = 50_000_000;

/** Where a line was moved to the right: its offset in the text. */
type Moved = readonly number[];

/**
 * Parses as kubectl does, which takes lines inside of quotes and brackets however far left they stand: each is moved to
 * the right, which changes no value,
 * and the events get the positions that they have in the text. Throws the parser's `YAMLException`.
 */
export function parseLoosely(text: string, parse: (text: string) => Event[]): Event[] {
  const moved: number[] = [];
  let padded = text;
  for (let work = 0; ; work += padded.length) {
    try {
      return moved.length === 0 ? parse(padded) : parse(padded).map((event) => placed(event, moved));
    } catch (error) {
      if (!(error instanceof YAMLException) || error.mark === undefined) throw error;
      const position = error.mark.position;
      const start = padded.lastIndexOf("\n", position - 1) + 1;
      const offset = start - moved.length * pad.length;
      if (
        error.reason !== tooFarLeft ||
        position >= padded.trimEnd().length ||
        moved.at(-1) === offset ||
        work > maxWork
      )
        throw explained(error, moved);
      padded = `${padded.slice(0, start)}${pad}${padded.slice(start)}`;
      moved.push(offset);
    }
  }
}

/** The offset in the text of an offset in the moved text. */
function original(offset: number, moved: Moved): number {
  let before = 0;
  while (before < moved.length && moved[before]! + before * pad.length < offset) before += 1;
  return before === 0 ? offset : Math.max(offset - before * pad.length, moved[before - 1]!);
}

/** An event in the text; fields that are -1 stand for nothing. */
function placed(event: Event, moved: Moved): Event {
  if (event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return event;
  const fields = ["start", "valueStart", "valueEnd", "anchorStart", "anchorEnd", "tagStart", "tagEnd"] as const;
  const offsets = fields
    .filter((field) => field in event)
    .map((field) => [field, original((event as unknown as Record<string, number>)[field]!, moved)]);
  return { ...event, ...Object.fromEntries(offsets) } as Event;
}

function explained(error: YAMLException, moved: Moved): YAMLException {
  const isOpen = error.reason === tooFarLeft;
  const position = isOpen && moved.length > 0 ? moved[0]! : original(error.mark!.position, moved);
  return new YAMLException(isOpen ? "a quotation mark or a bracket before is never closed" : error.reason, {
    ...error.mark!,
    position,
  });
}
