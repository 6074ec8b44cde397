import { DatabaseError, Pool } from "pg";
import { Gauge } from "prom-client";
import { readSecret, secretFile, whole, word } from "../environment.ts";
import type { Check } from "../http/health.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Runtime } from "../role.ts";

/** Variables of a role that uses PostgreSQL; times in ms. */
export const postgresVariables = {
  PGHOST: word("the database server's name"),
  PGPORT: whole(1, 65535, 5432),
  PGDATABASE: word("the database's name"),
  PGUSER: word("the role to log in with"),
  PGPASSWORD_FILE: secretFile,
  PG_POOL_MAX: whole(1, 200, 10),
  PG_CONNECT_TIMEOUT_MS: whole(100, 60_000, 3_000),
  PG_STATEMENT_TIMEOUT_MS: whole(100, 60_000, 5_000),
};

/** Values of `postgresVariables`. */
export interface PostgresEnvironment {
  readonly PGHOST: string;
  readonly PGPORT: number;
  readonly PGDATABASE: string;
  readonly PGUSER: string;
  readonly PGPASSWORD_FILE: string;
  readonly PG_POOL_MAX: number;
  readonly PG_CONNECT_TIMEOUT_MS: number;
  readonly PG_STATEMENT_TIMEOUT_MS: number;
}

/** A statement with its parameters: values never become part of the text. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface Database {
  /** Throws a 503 when the database cannot answer now. */
  query<Row extends object>(sql: Sql): Promise<Row[]>;
  /** Passes when the database answers and holds the tables named. */
  check(tables: readonly string[]): Check;
  close(): Promise<void>;
}

/** A pool of connections that outlives restarts of the server: each broken one is replaced when it is next needed. */
export function openPostgres(environment: PostgresEnvironment, { log, metrics }: Runtime): Database {
  const pool = new Pool({
    host: environment.PGHOST,
    port: environment.PGPORT,
    database: environment.PGDATABASE,
    user: environment.PGUSER,
    // Read for each new connection, so that a rotated password is used without a restart.
    password: () => readSecret(environment.PGPASSWORD_FILE) ?? "",
    application_name: log.bindings()["service"] as string,
    max: environment.PG_POOL_MAX,
    connectionTimeoutMillis: environment.PG_CONNECT_TIMEOUT_MS,
    statement_timeout: environment.PG_STATEMENT_TIMEOUT_MS,
    // The server's own limit ends a slow statement; this one ends the wait for a server that is gone without a word.
    query_timeout: environment.PG_STATEMENT_TIMEOUT_MS + 1_000,
    keepAlive: true,
  });
  // Without a listener, an idle connection that breaks would end the process.
  pool.on("error", (error) => log.warn({ reason: error.message }, "Postgres closed an idle connection"));
  watch(pool, metrics.registry);

  return {
    async query<Row extends object>({ text, values }: Sql): Promise<Row[]> {
      try {
        return (await pool.query<Row & Record<string, unknown>>(text, [...values])).rows;
      } catch (error) {
        if (!isOutage(error)) throw error;
        throw new HttpProblem(503, "database_unavailable", "The database cannot answer now.", { headers: { "retry-after": "5" }, cause: error });
      }
    },
    check: (tables) => ({
      name: "postgres",
      need: "required",
      async run() {
        const { rows } = await pool.query<{ name: string }>("SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL", [tables]);
        if (rows.length > 0) throw new Error(`reachable, not migrated: ${rows.map(({ name }) => name).join(", ")} missing`);
        return "connected and migrated";
      },
    }),
    close: () => pool.end(),
  };
}

function watch(pool: Pool, registry: Runtime["metrics"]["registry"]): void {
  new Gauge({
    name: "db_pool_connections",
    help: "Connections of the pool, and requests that wait for one",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      this.set({ state: "active" }, pool.totalCount - pool.idleCount);
      this.set({ state: "idle" }, pool.idleCount);
      this.set({ state: "waiting" }, pool.waitingCount);
    },
  });
}

/**
 * Whether an error means "not now" and not "wrong statement": no answer at all, or one of the SQLSTATE classes for
 * connections (08), logins (28), a missing database (3D), resources (53) and shutdown (57), or a table still to come.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return /^(08|28|3D|53|57)/.test(error.code ?? "") || error.code === "42P01" || error.code === "3F000";
}
