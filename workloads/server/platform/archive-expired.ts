import type { Logger } from "pino";
import type { Database } from "../data/postgres.ts";
import type { Archive } from "./archive.ts";
import { type AuditEvent, eventPages } from "./audit-events.ts";
import { cutoffOf, deleteArchived, holdings, minimumRetentionDays } from "./audit-retention.ts";

/** What the archiving of expired events works with. */
export interface ArchivingParts {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly retentionDays: number;
  /** Resolves only when the events are safe in a file that was read back. */
  readonly archive: (pages: AsyncIterable<readonly AuditEvent[]>) => Promise<Archive>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Most events of one file: their ids are in memory. @default 100,000 */
  readonly eventsPerArchive?: number;
}

const origin = { actor: "platform-audit-retention", address: null, requestId: null };

/**
 * Archives what is past its retention and not under hold, a file after the other, and deletes exactly what a file
 * holds.
 * Rejects, and deletes nothing, when the retention is below the minimum or a file is not safe.
 */
export async function archiveExpired({
  database,
  retentionDays,
  archive,
  log,
  signal,
  eventsPerArchive = 100_000,
}: ArchivingParts): Promise<void> {
  if (retentionDays < minimumRetentionDays)
    throw new Error(
      `AUDIT_RETENTION_DAYS is ${retentionDays}, and events are kept for at least ${minimumRetentionDays} days`,
    );
  const cutoff = await cutoffOf(database.query, retentionDays);
  let before = await holdings(database.query, cutoff);
  log.info({ retentionDays, cutoff, ...before }, "audit events");
  while (before.expired > 0) {
    const { name, sha256, ids } = await archive(
      atMost(eventsPerArchive, eventPages(database.query, { before: cutoff, unheldOnly: true }), signal),
    );
    log.info({ archive: name, sha256, events: ids.length }, "archived and read back");
    const deleted = await deleteArchived(database, { ids, cutoff, origin, archive: { name, sha256 } }, signal);
    log.info({ archive: name, deleted, kept: ids.length - deleted }, "deleted");
    const after = await holdings(database.query, cutoff);
    // Without this, rows that cannot go would be archived for ever.
    if (after.expired >= before.expired)
      throw new Error(`${after.expired} expired events are left and none of them goes`);
    before = after;
  }
}

/** The first events of pages. */
async function* atMost(
  limit: number,
  pages: AsyncIterable<readonly AuditEvent[]>,
  signal: AbortSignal,
): AsyncGenerator<readonly AuditEvent[], void> {
  let left = limit;
  for await (const page of pages) {
    signal.throwIfAborted();
    yield page.slice(0, left);
    left -= page.length;
    if (left <= 0) return;
  }
}
