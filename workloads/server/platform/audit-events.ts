import type { Query, Sql } from "../data/postgres.ts";

/** Who asked for something, as an audit event tells it. */
export interface Origin {
  readonly actor: string;
  /** Null for scheduled work. */
  readonly address: string | null;
  readonly requestId: string | null;
}

/** Something that happened. */
export interface AuditEntry extends Origin {
  /** Lower-case words with dots, such as "setting.changed". */
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An event as it is stored, in the order of the columns of an export. */
export interface AuditEvent {
  readonly id: string;
  /** ISO 8601 in UTC with microseconds, so that it is exact as a key. */
  readonly occurred_at: string;
  readonly actor: string;
  readonly address: string | null;
  readonly action: string;
  readonly subject: string;
  readonly request_id: string | null;
  readonly hold: boolean;
  /** The JSON text itself: numbers keep every digit. */
  readonly detail: string;
}

/** Appends an event; belongs into the transaction of what it tells. */
export const recordEvent = ({ actor, address, requestId, action, subject, detail }: AuditEntry): Sql => ({
  text: "INSERT INTO audit_events (actor, address, request_id, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6::jsonb)",
  values: [actor, address, requestId, action, subject, JSON.stringify(detail)],
});

/** A time as SQL that gives the text of `AuditEvent.occurred_at`. */
export const isoTime = (expression: string): string =>
  `to_char((${expression}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Which events to read. */
export interface EventRange {
  /** First time that is in. @default the first event */
  readonly from?: string;
  /** First time that is out. */
  readonly before: string;
  /** Leaves out what is under legal hold. @default false */
  readonly unheldOnly?: boolean;
}

/**
 * Events of a range in the order of time, a page after the other, each found by the key at which the last one ended.
 */
export async function* eventPages(
  query: Query,
  { from = "-infinity", before, unheldOnly = false }: EventRange,
  pageSize = 1_000,
): AsyncGenerator<readonly AuditEvent[], void> {
  let last: Pick<AuditEvent, "occurred_at" | "id"> = { occurred_at: from, id: "0" };
  for (;;) {
    const page = await query<AuditEvent>({
      text: `SELECT id::text, ${isoTime("occurred_at")} AS occurred_at, actor, address, action, subject, request_id, hold, detail::text
        FROM audit_events
        WHERE (occurred_at, id) > ($1::timestamptz, $2::bigint) AND occurred_at < $3::timestamptz${unheldOnly ? " AND NOT hold" : ""}
        ORDER BY audit_events.occurred_at, audit_events.id LIMIT $4`,
      values: [last.occurred_at, last.id, before, pageSize],
    });
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    last = page.at(-1)!;
  }
}
