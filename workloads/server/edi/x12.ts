import { first, type Grammar, readInterchange, type Segment } from "./envelope.ts";
import { type Format, InvalidPayload, stamp } from "./payload.ts";

const grammar: Grammar = {
  interchange: { open: "ISA", close: "IEA", reference: 13 },
  group: { open: "GS", close: "GE", reference: 6 },
  message: { open: "ST", close: "SE", reference: 2 },
  groupsRequired: true,
};

/** ISA is the one segment of fixed length, so that its separators are found by their places. */
const isaLength = 106;

/** ANSI X12, acknowledged by a 997 for each functional group. */
export const x12: Format = {
  kind: "997",
  matches: (payload) => payload.startsWith("ISA"),
  read(payload) {
    if (!x12.matches(payload)) throw new InvalidPayload("an X12 interchange begins with ISA");
    if (payload.length < isaLength)
      throw new InvalidPayload(`the ISA segment has less than its ${isaLength} characters`);
    const marks = { element: payload[3]!, component: payload[104]!, terminator: payload[105]! };
    const segments = split(payload, marks);
    if (segments[0]?.length !== 17)
      throw new InvalidPayload(`the ISA segment has ${(segments[0]?.length ?? 1) - 1} elements, not 16`);
    const interchange = readInterchange(segments, grammar);
    return {
      sender: first(interchange.opening, 6).trim(),
      messagetype: first(interchange.messages[0]!.opening, 1),
      segments: interchange.segments,
      acknowledgement(id, now) {
        const isa = (element: number) => first(interchange.opening, element);
        const gs = (element: number) => first(interchange.groups[0]!.opening, element);
        const { yymmdd, yyyymmdd, hhmm } = stamp(now);
        const control = String(id % 1e9).padStart(9, "0");
        const sets = interchange.groups.map(({ opening, messages }, index) => {
          const set = String(index + 1).padStart(4, "0");
          const count = String(messages.length);
          const accepted = messages.flatMap((message) => [
            ["AK2", first(message.opening, 1), first(message.opening, 2)],
            ["AK5", "A"],
          ]);
          return [
            ["ST", "997", set],
            ["AK1", first(opening, 1), first(opening, 6)],
            ...accepted,
            ["AK9", "A", count, count, count],
            ["SE", String(accepted.length + 4), set],
          ];
        });
        const answer = [
          [
            "ISA",
            "00",
            " ".repeat(10),
            "00",
            " ".repeat(10),
            isa(7),
            isa(8),
            isa(5),
            isa(6),
            yymmdd,
            hhmm,
            isa(11),
            isa(12),
            control,
            "0",
            isa(15),
            marks.component,
          ],
          ["GS", "FA", gs(3), gs(2), yyyymmdd, hhmm, "1", "X", gs(8)],
          ...sets.flat(),
          ["GE", String(sets.length), "1"],
          ["IEA", "1", control],
        ];
        return answer.map((elements) => elements.join(marks.element) + marks.terminator).join("\n");
      },
    };
  },
};

/** Line ends after a terminator are no part of the next segment; a terminator may be a line end itself. */
function split(
  payload: string,
  { element, terminator }: { readonly element: string; readonly terminator: string },
): Segment[] {
  const parts = payload.split(terminator).map((text) => text.replace(/^[\r\n]+/, ""));
  if (parts.pop()!.trim() !== "") throw new InvalidPayload("the interchange ends within a segment");
  return parts.filter((text) => text.trim() !== "").map((text) => text.split(element).map((value) => [value]));
}
