import { sql, type Statements } from "../data/mysql-session.ts";

/** Bounds in seconds, close together around the objectives of 30 s (E14) and 2 min (E13). */
export const durationBounds = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300];

/** The bound that a duration falls under, as Prometheus writes it. */
export const boundOf = (seconds: number): string => String(durationBounds.find((bound) => seconds <= bound) ?? "+Inf");

/** One of 16, for as long as the process lives: rows that workers count in, so that they seldom wait for each other. */
const slot = Math.floor(Math.random() * 16);

/** Counts a finished transaction, within the database's transaction that finishes it. */
export const count = (statements: Statements, state: "done" | "error", seconds: number) =>
  statements.write(
    sql(
      `INSERT INTO bots_tally (slot, state, le, transactions, seconds) VALUES (?, ?, ?, 1, ?)
      ON DUPLICATE KEY UPDATE transactions = transactions + 1, seconds = seconds + ?`,
      slot,
      state,
      boundOf(seconds),
      seconds,
      seconds,
    ),
  );

/** Everything that was ever finished. */
export interface Tally {
  readonly done: number;
  readonly error: number;
  readonly seconds: number;
  /** Transactions under each bound and not under a smaller one. */
  readonly under: ReadonlyMap<string, number>;
}

export async function readTally(database: Pick<Statements, "query">): Promise<Tally> {
  const rows = await database.query<{
    state: "done" | "error";
    le: string;
    transactions: string | number;
    seconds: number;
  }>(
    sql(
      "SELECT state, le, SUM(transactions) AS transactions, SUM(seconds) AS seconds FROM bots_tally GROUP BY state, le",
    ),
  );
  const sum = (chosen: typeof rows) => chosen.reduce((total, { transactions }) => total + Number(transactions), 0);
  return {
    done: sum(rows.filter(({ state }) => state === "done")),
    error: sum(rows.filter(({ state }) => state === "error")),
    seconds: rows.reduce((total, { seconds }) => total + seconds, 0),
    under: new Map([...Map.groupBy(rows, ({ le }) => le)].map(([le, group]) => [le, sum(group)])),
  };
}
