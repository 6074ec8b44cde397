import { edifact } from "./edifact.ts";
import { json } from "./json.ts";
import { type Format, InvalidPayload } from "./payload.ts";
import { x12 } from "./x12.ts";

/** Every format by its name in a transaction, which is also the extension of its acknowledgements. */
export const formats = { x12, edifact, json } satisfies Readonly<Record<string, Format>>;

export type Editype = keyof typeof formats;

export const editypes = Object.keys(formats) as [Editype, ...Editype[]];

/** Stands where a payload does not say what it is. */
const unknown = "unknown";

/** What is to be acknowledged. */
export interface Incoming {
  readonly id: number;
  readonly editype: string;
  /** Declared type: begins with the payload's own, as in "ORDERS.D96A". */
  readonly messagetype: string;
  readonly payload: string;
}

export interface Acknowledgement {
  readonly kind: string;
  readonly body: string;
  readonly segments: number;
}

/** Reads and checks a payload and answers it. Throws `InvalidPayload`. */
export function acknowledge({ id, editype, messagetype, payload }: Incoming, now: Date): Acknowledgement {
  const format = formats[editype as Editype] as Format | undefined;
  if (!format) throw new InvalidPayload(`the payload is none of ${editypes.join(", ")}`);
  const document = format.read(cleaned(payload));
  if (messagetype !== unknown && !messagetype.toLowerCase().startsWith(document.messagetype.toLowerCase())) {
    throw new InvalidPayload(`the payload is a message of type ${document.messagetype}, not ${messagetype}`);
  }
  return { kind: format.kind, body: document.acknowledgement(id, now), segments: document.segments };
}

/** What a payload says about itself. An invalid one says less, and why only when it is processed. */
export function describe(payload: string): {
  readonly editype: string;
  readonly partner: string;
  readonly messagetype: string;
} {
  const text = cleaned(payload);
  const editype = editypes.find((name) => formats[name].matches(text));
  try {
    const { sender, messagetype } = formats[editype!].read(text);
    return { editype: editype!, partner: sender || unknown, messagetype: messagetype || unknown };
  } catch {
    return { editype: editype ?? unknown, partner: unknown, messagetype: unknown };
  }
}

/** Editors leave a byte order mark or empty lines in front. */
const cleaned = (payload: string): string => payload.replace(/^\uFEFF?\s*/, "");
