import type { AuditEvent } from "./audit-events.ts";

const columns = [
  "id",
  "occurred_at",
  "actor",
  "address",
  "action",
  "subject",
  "request_id",
  "hold",
  "detail",
] as const satisfies readonly (keyof AuditEvent)[];

/** Ends each record (RFC 4180). */
const lineEnd = "\r\n";

/** The header record. */
export const csvHeader = columns.join(",") + lineEnd;

/** The record of an event. */
export const csvRecord = (event: AuditEvent): string =>
  columns.map((column) => cell(String(event[column] ?? ""))).join(",") + lineEnd;

/**
 * A cell that no spreadsheet takes for a formula: what could begin one gets an apostrophe in front. So does a text that
 * begins with an apostrophe itself, so that removing one where there is one always gives the stored text back.
 */
export function cell(text: string): string {
  const harmless = /^[=+\-@\t\r\n'\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * The first cells of the records of a CSV text that `csvHeader` begins. Throws when the header or the last line end is
 * missing.
 */
export async function* recordIds(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = "";
  let record = "";
  let first = true;
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(lineEnd);
    rest = lines.pop()!;
    for (const line of lines) {
      record += line + lineEnd;
      // A line end inside of quotes leaves an odd number of them before it.
      if ((record.split('"').length - 1) % 2 === 1) continue;
      if (!first) yield record.slice(0, record.indexOf(","));
      else if (record !== csvHeader) throw new Error("the file does not begin with the header");
      first = false;
      record = "";
    }
  }
  if (first || rest !== "" || record !== "") throw new Error("the file ends inside of a record");
}
