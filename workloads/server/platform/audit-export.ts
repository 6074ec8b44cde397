import type { Logger } from "pino";
import * as z from "zod";
import type { Query } from "../data/postgres.ts";
import { reasonOf } from "../reason.ts";
import { type AuditEvent, eventPages } from "./audit-events.ts";
import { csvHeader, csvRecord } from "./csv.ts";
import { day, inOrder, rangeOf } from "./days.ts";
import { nothingBut } from "./request-schemas.ts";

/** The parameters of an export; it ends with today unless told otherwise (P07). */
export const exportParameters = z
  .strictObject(
    {
      format: z.enum(["csv", "json"], "expected csv or json"),
      startDate: day,
      endDate: day.default(() => new Date().toISOString().slice(0, 10)),
    },
    nothingBut("format, startDate and endDate"),
  )
  .refine(...inOrder);

const formats = {
  csv: { type: "text/csv; charset=utf-8; header=present", head: csvHeader, event: csvRecord, between: "", foot: "" },
  json: { type: "application/json", head: "[\n", event: jsonOf, between: ",\n", foot: "\n]\n" },
};

/** The JSON of an event, with its detail as it is stored. */
function jsonOf({ detail, ...event }: AuditEvent): string {
  return `${JSON.stringify(event).slice(0, -1)},"detail":${detail}}`;
}

/**
 * The answer to an export. A page of events is in memory at a time, and the next one is read when the client has taken
 * the last. A database that fails at once is a 503; one that fails later breaks the connection, so that a part is never
 * taken for the whole.
 */
export async function exportResponse(
  query: Query,
  { format, ...days }: z.output<typeof exportParameters>,
  log: Logger,
): Promise<Response> {
  const { type, head, event, between, foot } = formats[format];
  const pages = eventPages(query, rangeOf(days));
  const first = await pages.next();

  async function* text() {
    yield head;
    if (!first.done) yield first.value.map(event).join(between);
    for await (const page of pages) yield between + page.map(event).join(between);
    yield foot;
  }
  const texts = text();
  const encoder = new TextEncoder();
  let wanted = true;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await texts.next();
          if (!wanted) return;
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        } catch (error) {
          log.error({ reason: reasonOf(error) }, "an export was cut off");
          controller.error(error);
        }
      },
      // The client is gone, or asked for the head only.
      cancel: () => void (wanted = false),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename="audit-${days.startDate}-${days.endDate}.${format}"`,
      "cache-control": "no-store",
      // Without it, Hono's server takes what it has for the whole when an early read fails.
      "transfer-encoding": "chunked",
    },
  });
}
