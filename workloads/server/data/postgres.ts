import { type ClientBase, DatabaseError, Pool } from "pg";
import { Gauge } from "prom-client";
import { readSecret, secretFile, whole, word } from "../environment.ts";
import type { Check } from "../http/health.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Runtime } from "../role.ts";
import { refusalOr, type TlsMode, tlsOptions, type TlsServer } from "./tls.ts";
import { authoritiesFile, tlsMode } from "./tls-variables.ts";

/** Variables of a role that uses PostgreSQL; times in ms. */
export const postgresVariables = {
  PGHOST: word("the database server's name"),
  PGPORT: whole(1, 65535, 5432),
  PGDATABASE: word("the database's name"),
  PGUSER: word("the role to log in with"),
  PGPASSWORD_FILE: secretFile,
  PGSSLMODE: tlsMode("disable", "require", "verify-ca", "verify-full"),
  PGSSLROOTCERT: authoritiesFile,
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
  readonly PGSSLMODE: TlsMode;
  readonly PGSSLROOTCERT?: string | undefined;
  readonly PG_POOL_MAX: number;
  readonly PG_CONNECT_TIMEOUT_MS: number;
  readonly PG_STATEMENT_TIMEOUT_MS: number;
}

/** A statement with its parameters: values never become part of the text. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Runs a statement and resolves to its rows. Throws a 503 when the database cannot answer now. */
export type Query = <Row extends object>(sql: Sql) => Promise<Row[]>;

export interface Database {
  readonly query: Query;
  /**
   * Runs statements as one, on a connection of their own: all of them hold when `work` resolves, none when it rejects.
   * Rejects with the reason of `work`, or as `query` does; after a 503 the changes may hold all the same, when only the
   * answer to COMMIT was lost.
   */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Passes when the database answers and holds the tables named. */
  check(tables: readonly string[]): Check;
  close(): Promise<void>;
}

/**
 * How long a transaction may wait for its client, in ms; then the server undoes it and frees its locks, because the
 * client may be gone for good.
 */
export const idleInTransactionTimeout = 45_000;

/** A pool of connections that outlives restarts of the server: each broken one is replaced when it is next needed. */
export function openPostgres(environment: PostgresEnvironment, { log, metrics }: Runtime): Database {
  const server: TlsServer = {
    product: "Postgres",
    host: environment.PGHOST,
    port: environment.PGPORT,
    mode: environment.PGSSLMODE,
    authorities: environment.PGSSLROOTCERT,
  };
  const pool = new Pool({
    host: environment.PGHOST,
    port: environment.PGPORT,
    database: environment.PGDATABASE,
    user: environment.PGUSER,
    // Read for each new connection, so that a rotated password is used without a restart.
    password: () => readSecret(environment.PGPASSWORD_FILE) ?? "",
    ssl: tlsOptions(server) ?? false,
    application_name: log.bindings()["service"] as string,
    max: environment.PG_POOL_MAX,
    connectionTimeoutMillis: environment.PG_CONNECT_TIMEOUT_MS,
    statement_timeout: environment.PG_STATEMENT_TIMEOUT_MS,
    // The server's own limit ends a slow statement; this one ends the wait for a server that is gone without a word.
    query_timeout: environment.PG_STATEMENT_TIMEOUT_MS + 1_000,
    idle_in_transaction_session_timeout: idleInTransactionTimeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener, an idle connection that breaks would end the process.
  pool.on("error", (error) => log.warn({ reason: error.message }, "Postgres closed an idle connection"));
  watch(pool, metrics.registry);

  const explained = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error: unknown) => {
      throw refusalOr(error, server);
    });
  const connections: Connections & Pick<ClientBase, "query"> = {
    query: ((text: string, values: unknown[]) => explained(pool.query(text, values))) as ClientBase["query"],
    connect: () => explained(pool.connect()),
  };
  return {
    query: queryOn(connections),
    transaction: (work) => transactionOn(connections, work),
    check: (tables) => ({
      name: "postgres",
      need: "required",
      async run() {
        const { rows } = await connections.query<{ name: string }>(
          "SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL",
          [tables],
        );
        if (rows.length > 0)
          throw new Error(`reachable, not migrated: ${rows.map(({ name }) => name).join(", ")} missing`);
        return "connected and migrated";
      },
    }),
    close: () => pool.end(),
  };
}

/** `query` on one connection, or on whichever of a pool is free. */
const queryOn =
  (connection: Pick<ClientBase, "query">): Query =>
  async <Row extends object>({ text, values }: Sql) =>
    (await answered(connection.query<Row & Record<string, unknown>>(text, [...values]))).rows;

/** What a transaction needs of a pool. */
interface Connections {
  connect(): Promise<Pick<ClientBase, "query" | "on" | "off"> & { release(broken?: Error): void }>;
}

/** `Database.transaction` on a pool. */
export async function transactionOn<T>(pool: Connections, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await answered(pool.connect());
  let broken: Error | undefined;
  const remember = (error: Error) => void (broken ??= error);
  // Without a listener, a connection that breaks between two statements would end the process.
  client.on("error", remember);
  try {
    await answered(client.query("BEGIN"));
    const result = await work(queryOn(client));
    const { command } = await answered(client.query("COMMIT"));
    // That is how Postgres answers when a statement failed and the work went on regardless.
    if (command !== "COMMIT") throw new Error("the transaction was undone, because one of its statements had failed");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(remember);
    throw error;
  } finally {
    client.off("error", remember);
    client.release(broken);
  }
}

/** An answer of Postgres, or a 503 when it cannot give one now. */
const answered = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    if (!isOutage(error)) throw error;
    throw new HttpProblem(503, "database_unavailable", "The database cannot answer now.", {
      headers: { "retry-after": "5" },
      cause: error,
    });
  });

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
 * connections (08), logins (28), a missing database (3D), resources (53) and shutdown (57), a transaction that waited
 * too
 * long, or a table still to come.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return /^(08|28|3D|53|57)/.test(error.code ?? "") || ["25P03", "42P01", "3F000"].includes(error.code ?? "");
}
