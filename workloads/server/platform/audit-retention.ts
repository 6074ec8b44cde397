import type { Database, Query, Sql } from "../data/postgres.ts";
import { isoTime, type Origin, recordEvent } from "./audit-events.ts";

/** Days that every event is kept, whatever is configured. The table's trigger refuses younger deletions too. */
export const minimumRetentionDays = 90;

/** What is held, and what of it is past its retention. */
export interface Holdings {
  readonly total: number;
  readonly held: number;
  /** Past retention and free to go. */
  readonly expired: number;
  /** Past retention and kept as evidence. */
  readonly expired_held: number;
  readonly oldest: string | null;
}

/** The time before which events are past their retention, by the database's clock. */
export async function cutoffOf(query: Query, retentionDays: number): Promise<string> {
  const [row] = await query<{ cutoff: string }>({
    text: `SELECT ${isoTime("now() - make_interval(days => $1)")} AS cutoff`,
    values: [retentionDays],
  });
  return row!.cutoff;
}

/** What is held, seen from a cutoff. */
export async function holdings(query: Query, cutoff: string): Promise<Holdings> {
  const [row] = await query<Holdings>({
    text: `SELECT count(*)::float8 AS total,
        count(*) FILTER (WHERE hold)::float8 AS held,
        count(*) FILTER (WHERE occurred_at < $1::timestamptz AND NOT hold)::float8 AS expired,
        count(*) FILTER (WHERE occurred_at < $1::timestamptz AND hold)::float8 AS expired_held,
        ${isoTime("min(occurred_at)")} AS oldest
      FROM audit_events`,
    values: [cutoff],
  });
  return row!;
}

/** Deletes these events, except those that came under hold or went in the meantime. */
const deleteThese = (ids: readonly string[], cutoff: string): Sql => ({
  text: "DELETE FROM audit_events WHERE id = ANY ($1::bigint[]) AND occurred_at < $2::timestamptz AND NOT hold RETURNING id::text",
  values: [ids, cutoff],
});

/**
 * One batch: the deletion and the event that tells of it hold together or not at all. Resolves to the number deleted.
 */
async function deleteBatch(
  database: Pick<Database, "transaction">,
  sql: Sql,
  origin: Origin,
  detail: Readonly<Record<string, unknown>>,
): Promise<number> {
  return database.transaction(async (query) => {
    const { length } = await query(sql);
    if (length > 0)
      await query(
        recordEvent({
          ...origin,
          action: "audit.archived",
          subject: "audit_events",
          detail: { deleted: length, ...detail },
        }),
      );
    return length;
  });
}

/**
 * What a cleanup found. `archived` is false while events are past their retention: only what was copied may go, and
 * none of these was.
 */
export interface Cleanup extends Pick<Holdings, "expired" | "expired_held"> {
  readonly archived: boolean;
  readonly cutoff: string;
}

/**
 * Looks whether anything past its retention is left that the archiving job has not copied and deleted. An audit event
 * tells of it.
 */
export async function cleanUp(
  database: Pick<Database, "query">,
  retentionDays: number,
  origin: Origin,
): Promise<Cleanup> {
  const cutoff = await cutoffOf(database.query, retentionDays);
  const { expired, expired_held } = await holdings(database.query, cutoff);
  const archived = expired === 0;
  const detail = { cutoff, retention_days: retentionDays, ...(archived ? { deleted: 0 } : { expired }) };
  await database.query(
    recordEvent({
      ...origin,
      action: archived ? "audit.cleanup" : "audit.cleanup.refused",
      subject: "audit_events",
      detail,
    }),
  );
  return { archived, expired, expired_held, cutoff };
}

/**
 * Deletes archived events in batches, each with an audit event that names the archive. Resolves to the number deleted.
 */
export async function deleteArchived(
  database: Pick<Database, "transaction">,
  {
    ids,
    cutoff,
    origin,
    archive,
  }: {
    readonly ids: readonly string[];
    readonly cutoff: string;
    readonly origin: Origin;
    readonly archive: { readonly name: string; readonly sha256: string };
  },
  signal: AbortSignal,
  batch = 1_000,
): Promise<number> {
  let deleted = 0;
  for (let start = 0; start < ids.length; start += batch) {
    signal.throwIfAborted();
    deleted += await deleteBatch(database, deleteThese(ids.slice(start, start + batch), cutoff), origin, {
      cutoff,
      archive: archive.name,
      sha256: archive.sha256,
    });
  }
  return deleted;
}
