import * as z from "zod";
import { type Format, InvalidPayload } from "./payload.ts";

/** What of a JSON document is looked at; everything else is its own affair. */
const envelope = z.looseObject(
  {
    sender: z.string().optional(),
    messagetype: z.string().optional(),
    reference: z.union([z.string(), z.number()]).optional(),
    segments: z.array(z.unknown()).optional(),
    segment_count: z.int().optional(),
  },
  { error: "expected an object" },
);

/** JSON, acknowledged by JSON. Segments are the items of `segments`, or the members of a document without it. */
export const json: Format = {
  kind: "json",
  matches: (payload) => payload.startsWith("{"),
  read(payload) {
    const document = parse(payload);
    const segments = document.segments?.length ?? Object.keys(document).length;
    if (document.segment_count !== undefined && document.segment_count !== segments)
      throw new InvalidPayload(`segment_count says ${document.segment_count}, there are ${segments} segments`);
    const { sender = "", messagetype = "", reference } = document;
    return {
      sender,
      messagetype,
      segments,
      acknowledgement: (id, now) =>
        `${JSON.stringify({ acknowledgement: id, status: "accepted", reference, messagetype, sender, segments, acknowledged_at: now.toISOString() })}\n`,
    };
  },
};

function parse(payload: string): z.output<typeof envelope> {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch (error) {
    throw new InvalidPayload(`the payload is not JSON: ${(error as Error).message}`);
  }
  const { data, error } = envelope.safeParse(value);
  if (!data)
    throw new InvalidPayload(
      error.issues.map(({ path, message }) => `${path.join(".") || "the document"}: ${message}`).join("; "),
    );
  return data;
}
