import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { sql, type Statements } from "../data/mysql-session.ts";
import { reasonOf } from "../reason.ts";
import type { Home } from "./home.ts";

/** An acknowledgement whose row is committed. */
export interface Outgoing {
  readonly id: number;
  readonly editype: string;
  readonly body: string;
}

export interface OutfileParts {
  readonly database: Statements;
  readonly home: Home;
  readonly log: Logger;
}

/** Name of a transaction's acknowledgement under botssys/outfile. */
export const outfileName = ({ id, editype }: Pick<Outgoing, "id" | "editype">): string => `${id}.${editype}`;

/**
 * Writes an acknowledgement for those who fetch files, whole or not at all. The row is the original: a file that cannot
 * be
 * written now is written later by `writeLate`, and a second writer writes the same bytes.
 */
export async function writeOut(outgoing: Outgoing, { database, home, log }: OutfileParts): Promise<boolean> {
  const name = outfileName(outgoing);
  const partial = join(home.outfile, `.${name}.${randomUUID()}`);
  try {
    await writeFile(partial, outgoing.body, { flag: "wx", mode: 0o640, flush: true });
    await rename(partial, join(home.outfile, name));
    await database.write(
      sql("UPDATE bots_acknowledgement SET written_at = UTC_TIMESTAMP(6) WHERE transaction_id = ?", outgoing.id),
    );
    return true;
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    log.warn({ id: outgoing.id, reason: reasonOf(error) }, "acknowledgement not written yet");
    return false;
  }
}

/**
 * Writes what is a minute late, because its worker died or the volume was away. Stops at the first that still cannot be
 * written.
 */
export async function writeLate(parts: OutfileParts): Promise<number> {
  const late = await parts.database.query<Outgoing>(
    sql(
      `SELECT t.id, t.editype, a.body FROM bots_acknowledgement a JOIN bots_transaction t ON t.id = a.transaction_id
      WHERE a.written_at IS NULL AND a.created_at < UTC_TIMESTAMP(6) - INTERVAL 60 SECOND ORDER BY a.created_at LIMIT 50`,
    ),
  );
  for (const [index, outgoing] of late.entries()) {
    if (!(await writeOut(outgoing, parts))) return index;
  }
  return late.length;
}
