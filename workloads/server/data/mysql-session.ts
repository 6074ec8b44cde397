import type { PoolConnection, ResultSetHeader } from "mysql2/promise";
import { isDeadlock, isOutage, isServerError, unavailable } from "./mysql-errors.ts";
import type { Sql } from "./postgres.ts";

/** What a statement that returns no rows did. */
export interface Written {
  /** AUTO_INCREMENT value of the row it inserted. */
  readonly id: number;
  /** Rows it found or inserted. */
  readonly rows: number;
}

/**
 * Runs statements. Each throws a 503 when the database cannot answer now, and the server's own error when the statement
 * is wrong.
 */
export interface Statements {
  query<Row extends object>(statement: Sql): Promise<Row[]>;
  write(statement: Sql): Promise<Written>;
}

/** Runs transactions too. */
export interface Session extends Statements {
  /**
   * Commits what `work` did, or undoes it when it throws. After a deadlock `work` runs again, so it may have no other
   * effects.
   */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
}

/** A statement with its values in the places of its question marks. */
export const sql = (text: string, ...values: readonly unknown[]): Sql => ({ text, values });

/** How often a transaction is tried when others stand in its way. */
const deadlockAttempts = 3;

/** The statements of one connection, each within `timeout` ms, and whether the connection can still be used. */
export function statementsOn(
  connection: Pick<PoolConnection, "query">,
  timeout: number,
): Statements & { readonly broken: () => boolean } {
  let broken = false;
  async function send({ text, values }: Sql): Promise<unknown> {
    try {
      return (await connection.query({ sql: text, values: [...values], timeout }))[0];
    } catch (error) {
      // The library puts the statement with its values there, and those may be secrets.
      Object.assign(error as Error, { sql: text });
      broken ||= !isServerError(error);
      throw isOutage(error) ? unavailable(error) : error;
    }
  }
  return {
    query: async <Row extends object>(statement: Sql) => (await send(statement)) as Row[],
    async write(statement) {
      const { insertId, affectedRows } = (await send(statement)) as ResultSetHeader;
      return { id: insertId, rows: affectedRows };
    },
    broken: () => broken,
  };
}

/**
 * Settings of a new connection. The two servers limit a statement's time by variables of different names and units.
 * Values are written into the text with backslashes, so the SQL mode that forbids those is off, and the strict one is
 * on.
 */
export async function prepare(statements: Statements, statementTimeout: number, waitSeconds: number): Promise<void> {
  const [server] = await statements.query<{ version: string }>(sql("SELECT VERSION() AS version"));
  const limit = server?.version.includes("MariaDB")
    ? `max_statement_time = ${statementTimeout / 1_000}`
    : `max_execution_time = ${statementTimeout}`;
  const seconds = Math.ceil(statementTimeout / 1_000);
  const mode = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
  await statements.write(sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));
  await statements.write(
    sql(
      `SET SESSION time_zone = '+00:00', sql_mode = '${mode}', innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${Math.min(seconds, 60)}, wait_timeout = ${waitSeconds}, ${limit}`,
    ),
  );
}

/** `Session.transaction` on one connection. */
export async function inTransaction<T>(
  statements: Statements,
  work: (statements: Statements) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    await statements.write(sql("START TRANSACTION"));
    try {
      const result = await work(statements);
      await statements.write(sql("COMMIT"));
      return result;
    } catch (error) {
      // When this fails too, the connection is broken and will be closed, which undoes the transaction as well.
      await statements.write(sql("ROLLBACK")).catch(() => {});
      if (attempt === deadlockAttempts || !isDeadlock(error)) throw error;
    }
  }
}
