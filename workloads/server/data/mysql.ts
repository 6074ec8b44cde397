import { connect, type Socket } from "node:net";
import { createPool, type PoolConnection } from "mysql2/promise";
import { Gauge } from "prom-client";
import { readSecret, secretFile, whole, word } from "../environment.ts";
import type { Check } from "../http/health.ts";
import type { Runtime } from "../role.ts";
import { unavailable } from "./mysql-errors.ts";
import { inTransaction, prepare, type Session, sql, type Statements, statementsOn } from "./mysql-session.ts";
import { refusalOr, type TlsMode, tlsOptions, type TlsServer } from "./tls.ts";
import { authoritiesFile, tlsMode } from "./tls-variables.ts";

/** A value of the server's wait_timeout, in seconds. */
export const waitTimeout = (seconds: number) => whole(2, 31_536_000, seconds);

/** Variables of a role that uses MySQL or MariaDB; times in ms. */
export const mysqlVariables = {
  MYSQL_HOST: word("the database server's name"),
  MYSQL_PORT: whole(1, 65535, 3306),
  MYSQL_DATABASE: word("the database's name"),
  MYSQL_USER: word("the user to log in as"),
  MYSQL_PASSWORD_FILE: secretFile,
  MYSQL_SSL_MODE: tlsMode("DISABLED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"),
  MYSQL_SSL_CA: authoritiesFile,
  MYSQL_POOL_MAX: whole(1, 200, 10),
  MYSQL_CONNECT_TIMEOUT_MS: whole(100, 60_000, 3_000),
  MYSQL_STATEMENT_TIMEOUT_MS: whole(100, 60_000, 5_000),
  /**
   * The server ends a connection that is silent for longer, and frees its locks: its client may be gone without a word.
   */
  MYSQL_WAIT_TIMEOUT_SECONDS: waitTimeout(45),
};

/** Variables of a task: those of a role, but a statement may take ten minutes. */
export const mysqlTaskVariables = { ...mysqlVariables, MYSQL_STATEMENT_TIMEOUT_MS: whole(100, 86_400_000, 600_000) };

/** Values of `mysqlVariables`. */
export interface MysqlEnvironment {
  readonly MYSQL_HOST: string;
  readonly MYSQL_PORT: number;
  readonly MYSQL_DATABASE: string;
  readonly MYSQL_USER: string;
  readonly MYSQL_PASSWORD_FILE: string;
  readonly MYSQL_SSL_MODE?: TlsMode;
  readonly MYSQL_SSL_CA?: string | undefined;
  readonly MYSQL_POOL_MAX: number;
  readonly MYSQL_CONNECT_TIMEOUT_MS: number;
  readonly MYSQL_STATEMENT_TIMEOUT_MS: number;
  readonly MYSQL_WAIT_TIMEOUT_SECONDS: number;
}

/** A pool: each statement and each transaction takes a connection for itself. */
export interface Mysql extends Session {
  /** Does all of `work` on one connection and closes it then, so that locks, snapshots and settings end with it. */
  session<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Passes when the database answers and holds the tables named; at least one. */
  check(tables: readonly string[]): Check;
  close(): Promise<void>;
}

/**
 * A pool of connections that outlives restarts of the server: each broken one is replaced when it is next needed. The
 * server's own limit ends a slow statement; `silence` ms later, 1000 unless given, a server without an answer is given
 * up.
 */
export function openMysql(environment: MysqlEnvironment, { log, metrics }: Runtime, silence = 1_000): Mysql {
  const {
    MYSQL_HOST: host,
    MYSQL_PORT: port,
    MYSQL_CONNECT_TIMEOUT_MS: connectTimeout,
    MYSQL_STATEMENT_TIMEOUT_MS: statementTimeout,
    MYSQL_WAIT_TIMEOUT_SECONDS: waitSeconds,
  } = environment;
  const server: TlsServer = {
    product: "MySQL",
    host,
    port,
    mode: environment.MYSQL_SSL_MODE ?? "DISABLED",
    authorities: environment.MYSQL_SSL_CA,
  };
  const sockets = new Set<Socket>();
  const uses = { active: 0, waiting: 0 };
  const pool = createPool({
    host,
    port,
    database: environment.MYSQL_DATABASE,
    user: environment.MYSQL_USER,
    charset: "utf8mb4_unicode_ci",
    timezone: "Z",
    dateStrings: true,
    supportBigNumbers: true,
    stringifyObjects: true,
    connectionLimit: environment.MYSQL_POOL_MAX,
    // Idle ones go before the server ends them: a statement then never meets a connection that was just closed.
    maxIdle: Math.max(1, environment.MYSQL_POOL_MAX - 1),
    idleTimeout: waitSeconds * 500,
    connectTimeout,
    connectAttributes: { program_name: String(log.bindings()["service"]) },
    stream({ config }: { config: { password?: string; ssl?: object } }) {
      // Read for each new connection, so that a rotated password or authority is used without a restart.
      config.password = readSecret(environment.MYSQL_PASSWORD_FILE) ?? "";
      const { ca, rejectUnauthorized = true } = tlsOptions(server) ?? {};
      if (server.mode !== "DISABLED")
        config.ssl = { ca, rejectUnauthorized, verifyIdentity: server.mode === "VERIFY_IDENTITY" };
      const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
      sockets.add(socket.once("close", () => sockets.delete(socket)));
      return socket;
    },
  });
  // Without a listener, the second error of a broken connection would end the process.
  pool.on("connection", (connection) =>
    connection.on("error", (error: Error) => log.warn({ reason: error.message }, "a MySQL connection broke")),
  );
  watch(metrics.registry, () => ({
    active: uses.active,
    idle: Math.max(0, sockets.size - uses.active),
    waiting: uses.waiting,
  }));

  /** The library bounds the time to connect, but not the time to wait for a connection that others use. */
  async function acquire(): Promise<PoolConnection> {
    uses.waiting += 1;
    const coming = pool.getConnection();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no connection within ${connectTimeout} ms`)), connectTimeout);
    });
    try {
      return await Promise.race([coming, late]);
    } catch (error) {
      coming.then(
        (connection) => connection.release(),
        () => {},
      );
      throw unavailable(refusalOr(error, server));
    } finally {
      clearTimeout(timer);
      uses.waiting -= 1;
    }
  }

  const prepared = new WeakSet<object>();
  async function withConnection<T>(work: (statements: Statements) => Promise<T>, { reuse = true } = {}): Promise<T> {
    const connection = await acquire();
    const statements = statementsOn(connection, statementTimeout + silence);
    uses.active += 1;
    try {
      if (!prepared.has(connection.connection)) await prepare(statements, statementTimeout, waitSeconds);
      prepared.add(connection.connection);
      return await work(statements);
    } finally {
      uses.active -= 1;
      if (reuse && !statements.broken()) connection.release();
      else connection.destroy();
    }
  }

  const query: Statements["query"] = (statement) => withConnection((statements) => statements.query(statement));
  return {
    query,
    write: (statement) => withConnection((statements) => statements.write(statement)),
    transaction: (work) => withConnection((statements) => inTransaction(statements, work)),
    session: (work) =>
      withConnection(
        (statements) => work({ ...statements, transaction: (inner) => inTransaction(statements, inner) }),
        { reuse: false },
      ),
    check: (tables) => ({
      name: "mysql",
      need: "required",
      async run() {
        const found = await query<{ name: string }>(
          sql(
            "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?)",
            tables,
          ),
        );
        const missing = tables.filter((table) => !found.some(({ name }) => name === table));
        if (missing.length > 0) throw new Error(`reachable, not migrated: ${missing.join(", ")} missing`);
        return "connected and migrated";
      },
    }),
    // A connection that was refused during its handshake is in no pool any more.
    close: () => pool.end().finally(() => sockets.forEach((socket) => socket.destroy())),
  };
}

function watch(
  registry: Runtime["metrics"]["registry"],
  states: () => Readonly<Record<"active" | "idle" | "waiting", number>>,
): void {
  new Gauge({
    name: "db_pool_connections",
    help: "Connections of the pool, and requests that wait for one",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(states())) this.set({ state }, count);
    },
  });
}
