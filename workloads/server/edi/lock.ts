import { setTimeout as sleep } from "node:timers/promises";
import { sql, type Statements } from "../data/mysql-session.ts";

/** Named locks belong to the whole server, so the database is part of a name; names end at 64 characters. */
const lockName = "LEFT(CONCAT(?, '-', DATABASE()), 64)";

export interface LockOptions {
  /** First part of its name. */
  readonly name: string;
  /** Longest wait for another holder. */
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
  /** Who holds it, from the holder's connection; for the message. */
  readonly describe?: (connection: number) => Promise<string>;
  /** Time between two attempts, in ms. @default 1000 */
  readonly interval?: number;
}

/**
 * Does `work` under a named lock of the server. The lock ends with the session that took it, so `work` uses this
 * session
 * for all it does: what is lost with the lock cannot be committed. Rejects when another one holds the lock for too
 * long.
 */
export async function withLock<T>(
  session: Statements,
  { name, waitSeconds, signal, describe, interval = 1_000 }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const end = Date.now() + waitSeconds * 1_000;
  for (;;) {
    // Asked again and again instead of once with a wait, which the server's time limit for statements would end.
    const [answer] = await session.query<{ taken: number | null }>(
      sql(`SELECT GET_LOCK(${lockName}, 0) AS taken`, name),
    );
    if (answer?.taken === 1) break;
    if (Date.now() >= end) throw new Error(await refusal(session, name, waitSeconds, describe));
    await sleep(interval, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await session.query(sql(`SELECT RELEASE_LOCK(${lockName})`, name)).catch(() => {});
  }
}

async function refusal(
  session: Statements,
  name: string,
  waitSeconds: number,
  describe: LockOptions["describe"],
): Promise<string> {
  const [row] = await session.query<{ lock_name: string; holder_id: number | null }>(
    sql(`SELECT ${lockName} AS lock_name, IS_USED_LOCK(${lockName}) AS holder_id`, name, name),
  );
  const connection = row?.holder_id ?? null;
  const holder =
    connection === null
      ? "was given back just now"
      : `is held by ${(await describe?.(connection)) ?? "another session"} (connection ${connection})`;
  return `the lock "${row?.lock_name ?? name}" ${holder}${waitSeconds > 0 ? `, also after ${waitSeconds} s` : ""}: nothing was done`;
}
