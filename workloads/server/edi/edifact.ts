import { first, type Grammar, readInterchange, type Segment } from "./envelope.ts";
import { type Format, InvalidPayload, stamp } from "./payload.ts";

const grammar: Grammar = {
  interchange: { open: "UNB", close: "UNZ", reference: 5 },
  group: { open: "UNG", close: "UNE", reference: 5 },
  message: { open: "UNH", close: "UNT", reference: 1 },
  groupsRequired: false,
};

/** UN/EDIFACT, acknowledged by a CONTRL message. */
export const edifact: Format = {
  kind: "CONTRL",
  matches: (payload) => payload.startsWith("UNA") || payload.startsWith("UNB"),
  read(payload) {
    if (!edifact.matches(payload)) throw new InvalidPayload("an EDIFACT interchange begins with UNA or UNB");
    const interchange = readInterchange(split(payload), grammar);
    const [syntax = [], sender = [], recipient = []] = interchange.opening.slice(1);
    return {
      sender: sender[0] ?? "",
      messagetype: first(interchange.messages[0]!.opening, 2),
      segments: interchange.segments,
      acknowledgement(id, now) {
        const { yymmdd, hhmm } = stamp(now);
        const control = String(id);
        // 7: this level is acknowledged.
        const body = [
          [["UNH"], ["1"], ["CONTRL", "D", "3", "UN"]],
          [["UCI"], [first(interchange.opening, 5)], sender, recipient, ["7"]],
          ...interchange.messages.map(({ opening }) => [["UCM"], [first(opening, 1)], opening[2] ?? [], ["7"]]),
        ];
        return [
          [["UNB"], syntax, recipient, sender, [yymmdd, hhmm], [control]],
          ...body,
          [["UNT"], [String(body.length + 1)], ["1"]],
          [["UNZ"], ["1"], [control]],
        ]
          .map(write)
          .join("\n");
      },
    };
  },
};

/** A segment with the standard separators. */
const write = (segment: Segment): string =>
  `${segment.map((components) => components.map((text) => text.replace(/[:+?']/g, "?$&")).join(":")).join("+")}'`;

/** The segments of an interchange, whose separators UNA may change. */
function split(payload: string): Segment[] {
  const given = payload.startsWith("UNA");
  const [component, element, , release, , terminator] = given ? payload.slice(3, 9) : ":+.? '";
  const segments: Segment[] = [];
  let segment: string[][] = [[""]];
  for (let index = given ? 9 : 0; index < payload.length; index += 1) {
    const sign = payload[index]!;
    const components = segment.at(-1)!;
    if (sign === release && release !== " ") {
      index += 1;
      components[components.length - 1] += payload[index] ?? "";
    } else if (sign === terminator) {
      segments.push(segment);
      segment = [[""]];
    } else if (sign === element) {
      segment.push([""]);
    } else if (sign === component) {
      components.push("");
    } else if (!/[\r\n]/.test(sign)) {
      components[components.length - 1] += sign;
    }
  }
  if (segment.flat().join("").trim() !== "" || segment.length > 1)
    throw new InvalidPayload("the interchange ends within a segment");
  return segments;
}
