import { type Session, sql, type Statements } from "../data/mysql-session.ts";
import { HttpProblem } from "../http/problem.ts";
import { reasonOf } from "../reason.ts";
import { acknowledge, type Acknowledgement, type Incoming } from "./formats.ts";
import { InvalidPayload } from "./payload.ts";
import { count } from "./tally.ts";

/** How work is done. */
export interface WorkOptions {
  /** Who does it; kept with each result. */
  readonly worker: string;
  /** A transaction that failed as often as this is an error for good. */
  readonly maxAttempts: number;
  readonly now?: () => Date;
  readonly answer?: (transaction: Incoming, now: Date) => Acknowledgement;
}

/** What became of one transaction. A pending one failed and will be tried again. */
export type Outcome =
  | { readonly id: number; readonly editype: string; readonly state: "done"; readonly body: string }
  | { readonly id: number; readonly editype: string; readonly state: "error" | "pending"; readonly reason: string };

/** Seconds until the second attempt; the third comes after twice as long, and so on. */
const retryDelay = 10;

/** Longest reason that is kept. */
const reasonLength = 1_000;

/**
 * Takes the next transaction that is due and finishes it; undefined when none is. The row stays locked from the claim
 * to
 * the commit that holds the result, and others skip it, so any number of workers may run: when one of them dies, its
 * row
 * is free again, and nothing of its work is there.
 */
export async function workOne(
  session: Pick<Session, "transaction">,
  options: WorkOptions,
): Promise<Outcome | undefined> {
  let claimed: Incoming | undefined;
  try {
    return await session.transaction(async (statements) => {
      claimed = await claim(statements);
      return claimed && finish(statements, claimed, options);
    });
  } catch (error) {
    // An outage is no fault of the transaction.
    if (!claimed || error instanceof HttpProblem) throw error;
    const transaction = claimed;
    return session.transaction((statements) =>
      postpone(statements, transaction, reasonOf(error).slice(0, reasonLength), options),
    );
  }
}

/** The index gives the rows in their order, so that only the first free one is locked; a sort would lock them all. */
async function claim(statements: Statements): Promise<Incoming | undefined> {
  const [row] = await statements.query<Incoming>(
    sql(
      `SELECT id, editype, messagetype, payload FROM bots_transaction FORCE INDEX (transaction_queue) WHERE state = 'pending' AND next_attempt_at <= UTC_TIMESTAMP(6)
      ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    ),
  );
  return row;
}

async function finish(
  statements: Statements,
  transaction: Incoming,
  { worker, now = () => new Date(), answer = acknowledge }: WorkOptions,
): Promise<Outcome> {
  const { id, editype } = transaction;
  const started = performance.now();
  async function settle(state: "done" | "error", reason: string | null): Promise<void> {
    const seconds = (performance.now() - started) / 1_000;
    await statements.write(
      sql(
        "UPDATE bots_transaction SET state = ?, reason = ?, attempts = attempts + 1, finished_at = UTC_TIMESTAMP(6), processing_seconds = ? WHERE id = ?",
        state,
        reason,
        seconds,
        id,
      ),
    );
    await count(statements, state, seconds);
  }

  const result = answerOrReason(() => answer(transaction, now()));
  if (typeof result === "string") {
    await settle("error", result);
    return { id, editype, state: "error", reason: result };
  }
  await statements.write(
    sql(
      "INSERT INTO bots_acknowledgement (transaction_id, kind, body, segments, worker, created_at) VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6))",
      id,
      result.kind,
      result.body,
      result.segments,
      worker,
    ),
  );
  await settle("done", null);
  return { id, editype, state: "done", body: result.body };
}

/** A payload that is invalid stays so: its reason is the result, and no second attempt is made. */
function answerOrReason(answer: () => Acknowledgement): Acknowledgement | string {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof InvalidPayload)) throw error;
    return error.message.slice(0, reasonLength);
  }
}

/** Records a failed attempt, unless another worker has finished the transaction meanwhile. */
async function postpone(
  statements: Statements,
  { id, editype }: Incoming,
  reason: string,
  { maxAttempts }: WorkOptions,
): Promise<Outcome> {
  const [row] = await statements.query<{ attempts: number; state: string }>(
    sql("SELECT attempts, state FROM bots_transaction WHERE id = ? FOR UPDATE", id),
  );
  const attempts = (row?.attempts ?? 0) + 1;
  if (row?.state !== "pending") return { id, editype, state: "pending", reason };
  if (attempts < maxAttempts) {
    await statements.write(
      sql(
        "UPDATE bots_transaction SET attempts = ?, reason = ?, next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND WHERE id = ?",
        attempts,
        reason,
        attempts * retryDelay,
        id,
      ),
    );
    return { id, editype, state: "pending", reason };
  }
  await statements.write(
    sql(
      "UPDATE bots_transaction SET state = 'error', attempts = ?, reason = ?, finished_at = UTC_TIMESTAMP(6) WHERE id = ?",
      attempts,
      reason,
      id,
    ),
  );
  await count(statements, "error", 0);
  return { id, editype, state: "error", reason };
}
