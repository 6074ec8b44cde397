import { createHash } from "node:crypto";
import { isDuplicate } from "../data/mysql-errors.ts";
import { sql, type Statements } from "../data/mysql-session.ts";

/** What is handed in, by a client or as a file. */
export interface Submission {
  readonly partner: string;
  readonly editype: string;
  readonly messagetype: string;
  readonly payload: string;
  /** A second submission with the same key is the same transaction. */
  readonly dedupKey: string | null;
  readonly fileName: string | null;
}

/** A row as the database gives it; times in UTC as "2026-01-09 12:00:00.000000". */
export interface TransactionRow {
  readonly id: number;
  readonly partner: string;
  readonly editype: string;
  readonly messagetype: string;
  readonly file_name: string | null;
  readonly content_sha256: string;
  readonly state: "pending" | "done" | "error";
  readonly attempts: number;
  readonly reason: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
  readonly processing_seconds: number | null;
}

/** A transaction with its result, if it has one. */
export interface TransactionDetail extends TransactionRow {
  readonly kind: string | null;
  readonly body: string | null;
  readonly segments: number | null;
  readonly worker: string | null;
}

const columns =
  "t.id, t.partner, t.editype, t.messagetype, t.file_name, t.content_sha256, t.state, t.attempts, t.reason, t.created_at, t.finished_at, t.processing_seconds";

/** What makes two submissions the same, in hexadecimal. */
export const contentHash = ({ partner, editype, messagetype, payload }: Submission): string =>
  createHash("sha256")
    .update(JSON.stringify([partner, editype, messagetype, payload]))
    .digest("hex");

/** Puts a submission into the queue, or finds the transaction that it already is. */
export async function enqueue(
  database: Statements,
  submission: Submission,
): Promise<{ readonly id: number; readonly contentHash: string; readonly repeated: boolean }> {
  const { partner, editype, messagetype, payload, dedupKey, fileName } = submission;
  const hash = contentHash(submission);
  try {
    const { id } = await database.write(
      sql(
        `INSERT INTO bots_transaction (partner, editype, messagetype, payload, content_sha256, dedup_key, file_name, created_at, next_attempt_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
        partner,
        editype,
        messagetype,
        payload,
        hash,
        dedupKey,
        fileName,
      ),
    );
    return { id, contentHash: hash, repeated: false };
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const [row] = await database.query<{ id: number; content_sha256: string }>(
      sql("SELECT id, content_sha256 FROM bots_transaction WHERE dedup_key = ?", dedupKey),
    );
    if (!row) throw error;
    return { id: row.id, contentHash: row.content_sha256, repeated: true };
  }
}

export async function findTransaction(
  database: Pick<Statements, "query">,
  id: number,
): Promise<TransactionDetail | undefined> {
  const [row] = await database.query<TransactionDetail>(
    sql(
      `SELECT ${columns}, a.kind, a.body, a.segments, a.worker FROM bots_transaction t LEFT JOIN bots_acknowledgement a ON a.transaction_id = t.id WHERE t.id = ?`,
      id,
    ),
  );
  return row;
}

/** The newest transactions, or those older than one of them. */
export const listTransactions = (
  database: Pick<Statements, "query">,
  limit: number,
  before?: number,
): Promise<TransactionRow[]> =>
  database.query<TransactionRow>(
    sql(
      `SELECT ${columns} FROM bots_transaction t WHERE t.id < ? ORDER BY t.id DESC LIMIT ?`,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    ),
  );

/** The numbers of the dashboard (E14). */
export interface Stats {
  /** Finished within the last 24 hours, with or without success. */
  readonly transactions: number;
  readonly errors: number;
  /** Errors per transaction, 0 to 1; 0 when there was none. */
  readonly error_rate: number;
  /** Waiting now. */
  readonly queue_depth: number;
  /** Seconds; null when nothing was processed. */
  readonly average_processing_seconds: number | null;
}

export async function readStats(database: Pick<Statements, "query">): Promise<Stats> {
  const [row] = await database.query<{
    transactions: number;
    errors: string | number | null;
    average_seconds: number | null;
    depth: number;
  }>(
    sql(
      `SELECT COUNT(*) AS transactions, SUM(state = 'error') AS errors, AVG(processing_seconds) AS average_seconds,
        (SELECT COUNT(*) FROM bots_transaction WHERE state = 'pending') AS depth
      FROM bots_transaction WHERE finished_at >= UTC_TIMESTAMP(6) - INTERVAL 24 HOUR`,
    ),
  );
  const [transactions, errors] = [Number(row?.transactions ?? 0), Number(row?.errors ?? 0)];
  return {
    transactions,
    errors,
    error_rate: transactions === 0 ? 0 : errors / transactions,
    queue_depth: Number(row?.depth ?? 0),
    average_processing_seconds: row?.average_seconds ?? null,
  };
}

/** A time of the database as ISO 8601. */
export const iso = (time: string | null): string | null => time && `${time.replace(" ", "T")}Z`;
