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
  const [row] = await query<{ cutoff: string }>({ text: `SELECT ${isoTime("now() - make_interval(days => $1)")} AS cutoff`, values: [retentionDays] });
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

/** Deletes the oldest expired events up to a number; two cleanups at the same time take different ones. */
const deleteOldest = (cutoff: string, limit: number): Sql => ({
  text: `DELETE FROM audit_events WHERE id = ANY (ARRAY(
      SELECT id FROM audit_events WHERE occurred_at < $1::timestamptz AND NOT hold ORDER BY occurred_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
    )) RETURNING id::text`,
  values: [cutoff, limit],
});

/** Deletes these events, except those that came under hold or went in the meantime. */
const deleteThese = (ids: readonly string[], cutoff: string): Sql => ({
  text: "DELETE FROM audit_events WHERE id = ANY ($1::bigint[]) AND occurred_at < $2::timestamptz AND NOT hold RETURNING id::text",
  values: [ids, cutoff],
});

/** One batch: the deletion and the event that tells of it hold together or not at all. Resolves to the number deleted. */
async function deleteBatch(database: Pick<Database, "transaction">, sql: Sql, origin: Origin, action: string, detail: Readonly<Record<string, unknown>>, tellOfNone: boolean): Promise<number> {
  return database.transaction(async (query) => {
    const { length } = await query(sql);
    if (length > 0 || tellOfNone) await query(recordEvent({ ...origin, action, subject: "audit_events", detail: { deleted: length, ...detail } }));
    return length;
  });
}

/** Sizes of a cleanup: what one transaction and what one call may delete. */
const cleanupSizes = { batch: 1_000, batches: 100 };

/**
 * Deletes what is past its retention and not under hold, without a copy, in batches and as far as one call goes.
 * At least one audit event tells of it, also when there was nothing to delete.
 */
export async function cleanUp(database: Pick<Database, "query" | "transaction">, { retentionDays, origin }: { readonly retentionDays: number; readonly origin: Origin }, { batch, batches } = cleanupSizes) {
  const cutoff = await cutoffOf(database.query, retentionDays);
  let deleted = 0;
  for (let round = 0; round < batches; round += 1) {
    const count = await deleteBatch(database, deleteOldest(cutoff, batch), origin, "audit.cleanup", { cutoff, retention_days: retentionDays }, round === 0);
    deleted += count;
    if (count < batch) break;
  }
  const { expired, expired_held } = await holdings(database.query, cutoff);
  return { deleted, held: expired_held, remaining: expired, cutoff };
}

/** Deletes archived events in batches, each with an audit event that names the archive. Resolves to the number deleted. */
export async function deleteArchived(
  database: Pick<Database, "transaction">,
  { ids, cutoff, origin, archive }: { readonly ids: readonly string[]; readonly cutoff: string; readonly origin: Origin; readonly archive: { readonly name: string; readonly sha256: string } },
  signal: AbortSignal,
  batch = cleanupSizes.batch,
): Promise<number> {
  let deleted = 0;
  for (let start = 0; start < ids.length; start += batch) {
    signal.throwIfAborted();
    deleted += await deleteBatch(database, deleteThese(ids.slice(start, start + batch), cutoff), origin, "audit.archived", { cutoff, archive: archive.name, sha256: archive.sha256 }, false);
  }
  return deleted;
}
