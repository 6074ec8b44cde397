import { InvalidPayload } from "./payload.ts";

/** A segment: its elements, each with its components; the first is the tag. */
export type Segment = readonly (readonly string[])[];

/**
 * One pair of segments around others. The closing one says how many there are and repeats the opening one's reference.
 */
export interface Level {
  readonly open: string;
  readonly close: string;
  /** Which element of the opening segment is the reference. */
  readonly reference: number;
}

/** The three levels of an interchange. */
export interface Grammar {
  readonly interchange: Level;
  readonly group: Level;
  readonly message: Level;
  /** Whether messages stand in groups only. */
  readonly groupsRequired: boolean;
}

export interface Message {
  readonly opening: Segment;
  /** Its segments, the first and the last included. */
  readonly segments: number;
}

export interface Group {
  readonly opening: Segment;
  readonly messages: readonly Message[];
}

export interface Interchange {
  readonly opening: Segment;
  readonly groups: readonly Group[];
  /** All messages, in groups or not. */
  readonly messages: readonly Message[];
  readonly segments: number;
}

/** First component of an element; empty when there is none. */
export const first = (segment: Segment, element: number): string => segment[element]?.[0] ?? "";

/** The structure of one interchange. Throws `InvalidPayload` at the first count, reference or place that is wrong. */
export function readInterchange(
  segments: readonly Segment[],
  { interchange, group, message, groupsRequired }: Grammar,
): Interchange {
  const opening = segments[0] ?? [];
  const closing = segments.at(-1) ?? [];
  if (first(opening, 0) !== interchange.open)
    throw new InvalidPayload(`the first segment is "${first(opening, 0)}", not ${interchange.open}`);
  if (segments.length < 2 || first(closing, 0) !== interchange.close)
    throw new InvalidPayload(`the last segment is "${first(closing, 0)}", not ${interchange.close}`);

  const groups: { readonly opening: Segment; readonly messages: Message[] }[] = [];
  const messages: Message[] = [];
  let openGroup: (typeof groups)[number] | undefined;
  let openMessage: { readonly opening: Segment; readonly index: number } | undefined;

  for (const [index, segment] of [...segments.entries()].slice(1, -1)) {
    const tag = first(segment, 0);
    const misplaced = (why: string) => new InvalidPayload(`segment ${index + 1} (${tag}) ${why}`);
    if (tag === interchange.open || tag === interchange.close)
      throw misplaced("belongs to a second interchange: send one at a time");
    if (tag === group.open || tag === group.close || tag === message.open) {
      if (openMessage)
        throw misplaced(
          `stands inside message ${first(openMessage.opening, message.reference)}, which has no ${message.close}`,
        );
    }
    if (tag === group.open) {
      if (openGroup)
        throw misplaced(
          `stands inside group ${first(openGroup.opening, group.reference)}, which has no ${group.close}`,
        );
      openGroup = { opening: segment, messages: [] };
      groups.push(openGroup);
    } else if (tag === group.close) {
      if (!openGroup) throw misplaced(`has no ${group.open}`);
      checkClosing(segment, openGroup.opening, group, openGroup.messages.length, "messages");
      openGroup = undefined;
    } else if (tag === message.open) {
      if (groupsRequired && !openGroup) throw misplaced(`stands outside of a group (${group.open})`);
      openMessage = { opening: segment, index };
    } else if (tag === message.close) {
      if (!openMessage) throw misplaced(`has no ${message.open}`);
      const read = { opening: openMessage.opening, segments: index - openMessage.index + 1 };
      checkClosing(segment, read.opening, message, read.segments, "segments");
      messages.push(read);
      openGroup?.messages.push(read);
      openMessage = undefined;
    } else if (!openMessage) {
      throw misplaced("stands outside of a message");
    }
  }
  if (openMessage)
    throw new InvalidPayload(`message ${first(openMessage.opening, message.reference)} has no ${message.close}`);
  if (openGroup) throw new InvalidPayload(`group ${first(openGroup.opening, group.reference)} has no ${group.close}`);
  if (messages.length === 0) throw new InvalidPayload("the interchange holds no message");
  checkClosing(
    closing,
    opening,
    interchange,
    groups.length || messages.length,
    groups.length > 0 ? "groups" : "messages",
  );
  return { opening, groups, messages, segments: segments.length };
}

function checkClosing(
  closing: Segment,
  opening: Segment,
  { close, open, reference }: Level,
  count: number,
  what: string,
): void {
  const [said, repeated, given] = [first(closing, 1), first(closing, 2), first(opening, reference)];
  if (!/^\d{1,9}$/.test(said) || Number(said) !== count)
    throw new InvalidPayload(
      `${close} of ${given || open} says ${said || "nothing"} for its number of ${what}, there are ${count}`,
    );
  if (repeated !== given)
    throw new InvalidPayload(`${close} has the reference "${repeated}", its ${open} has "${given}"`);
}
