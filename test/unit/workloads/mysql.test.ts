import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { isDuplicate, isOutage } from "../../../workloads/server/data/mysql-errors.ts";
import { sql } from "../../../workloads/server/data/mysql-session.ts";
import { openMysql } from "../../../workloads/server/data/mysql.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { runChecks } from "../../../workloads/server/http/health.ts";
import { mysqlServer, type Reply } from "./support/mysql-server.ts";
import { series, testRuntime } from "./support/server.ts";

const failure = (errno: number, sqlState = "HY000") => Object.assign(new Error("failed"), { errno, sqlState });
const settings = /^(SELECT VERSION|SET SESSION)/;

/** A pool on a server that answers with `answer`, and what was asked besides the settings of connections. */
async function pool(
  t: ExecutionContext,
  {
    answer = () => [{ one: 1 }],
    version = "8.0.40",
    limit = 2,
    timeout = 1_000,
    silence = 1_000,
  }: {
    answer?: (text: string, connection: number) => Reply;
    version?: string;
    limit?: number;
    timeout?: number;
    silence?: number;
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "mysql-"));
  const passwordFile = join(folder, "password");
  const accepted = { password: "first" };
  writeFileSync(passwordFile, "first\n");
  const server = await mysqlServer({
    password: () => accepted.password,
    answer: (text, connection) =>
      text.startsWith("SELECT VERSION")
        ? [{ version }]
        : text.startsWith("SET SESSION")
          ? { affectedRows: 0 }
          : answer(text, connection),
  });
  const runtime = testRuntime();
  const database = openMysql(
    {
      MYSQL_HOST: "127.0.0.1",
      MYSQL_PORT: server.port,
      MYSQL_DATABASE: "botsedi_data",
      MYSQL_USER: "botsedi",
      MYSQL_PASSWORD_FILE: passwordFile,
      MYSQL_POOL_MAX: limit,
      MYSQL_CONNECT_TIMEOUT_MS: timeout,
      MYSQL_STATEMENT_TIMEOUT_MS: 100,
      MYSQL_WAIT_TIMEOUT_SECONDS: 45,
    },
    runtime,
    silence,
  );
  t.teardown(async () => {
    await database.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const rotate = (password: string) => {
    accepted.password = password;
    writeFileSync(passwordFile, `${password}\n`);
  };
  const dropAll = async () => {
    const seen = runtime.lines.length;
    server.dropAll();
    await until(() => runtime.lines.slice(seen).some(({ msg }) => msg === "a MySQL connection broke"));
  };
  return {
    database,
    server,
    accepted,
    rotate,
    dropAll,
    runtime,
    asked: () => server.asked.filter(({ text }) => !settings.test(text)).map(({ text }) => text),
  };
}

const unavailable = { instanceOf: HttpProblem, message: "The database cannot answer now." };

/** Waits for a state that comes by itself; the test's own time limit ends it. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a lost or refused connection to MySQL is an outage", (t) => {
  t.true(isOutage(new Error("Connection lost: The server closed the connection.")));
  t.true(isOutage(Object.assign(new Error("connect ECONNREFUSED"), { errno: -111, code: "ECONNREFUSED" })));
  for (const [errno, state] of [
    [1040, "08004"],
    [1053, "08S01"],
    [1045, "28000"],
  ] as const)
    t.true(isOutage(failure(errno, state)), String(errno));
});

test("a database that is missing, full, read-only, overloaded or not migrated is an outage", (t) => {
  for (const errno of [1044, 1049, 1146, 1203, 1021, 1205, 1213, 1290, 1836, 1969, 3024])
    t.true(isOutage(failure(errno)), String(errno));
});

test("a wrong statement and a duplicate are no outages, and a duplicate is told apart", (t) => {
  for (const errno of [1064, 1054, 1406, 1062]) t.false(isOutage(failure(errno, "42000")), String(errno));
  t.true(isDuplicate(failure(1062, "23000")));
  t.false(isDuplicate(failure(1452, "23000")));
});

test("values are escaped, rows and writes come back, and a connection is used again", async (t) => {
  const { database, server, asked } = await pool(t, {
    answer: (text) => (text.startsWith("INSERT") ? { affectedRows: 1, insertId: 7 } : [{ id: 5, name: "O'Neil" }]),
  });
  t.deepEqual(await database.query(sql("SELECT * FROM t WHERE name = ? AND id IN (?)", "O'Neil\\", [1, 2])), [
    { id: 5, name: "O'Neil" },
  ]);
  t.deepEqual(await database.write(sql("INSERT INTO t VALUES (?, ?)", null, "a?b")), { id: 7, rows: 1 });
  t.deepEqual(asked(), [
    "SELECT * FROM t WHERE name = 'O\\'Neil\\\\' AND id IN (1, 2)",
    "INSERT INTO t VALUES (NULL, 'a?b')",
  ]);
  t.deepEqual([...new Set(server.asked.map(({ connection }) => connection))], [1]);
});

test("an object as a value cannot become a condition", async (t) => {
  const { database, asked } = await pool(t);
  await database.query(sql("SELECT 1 FROM t WHERE name = ?", { name: 1 }));
  t.deepEqual(asked(), ["SELECT 1 FROM t WHERE name = '[object Object]'"]);
});

test("a connection gets UTC, a strict mode, a short life when it is silent, and the server's own variable for the time limit", async (t) => {
  const seen: Record<string, string> = {};
  for (const version of ["8.0.40", "10.11.6-MariaDB-0+deb12u1"]) {
    const { database, server } = await pool(t, { version });
    await database.query(sql("SELECT 1"));
    t.is(server.asked[1]?.text, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    seen[version] = server.asked[2]!.text;
  }
  const common =
    "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 1, lock_wait_timeout = 1, wait_timeout = 45, ";
  t.deepEqual(seen, {
    "8.0.40": `${common}max_execution_time = 100`,
    "10.11.6-MariaDB-0+deb12u1": `${common}max_statement_time = 0.1`,
  });
});

test("the pool works again after the server dropped every connection", async (t) => {
  const { database, server, dropAll } = await pool(t);
  await database.query(sql("SELECT 1"));
  await dropAll();
  t.deepEqual(await database.query(sql("SELECT 2")), [{ one: 1 }]);
  t.deepEqual([...new Set(server.asked.map(({ connection }) => connection))], [1, 2]);
});

test("a new connection uses the password that the file holds then", async (t) => {
  const { database, rotate, accepted, dropAll } = await pool(t);
  await database.query(sql("SELECT 1"));
  rotate("second");
  await dropAll();
  t.deepEqual(await database.query(sql("SELECT 2")), [{ one: 1 }]);
  accepted.password = "third";
  await dropAll();
  const refused = await t.throwsAsync(database.query(sql("SELECT 3")), unavailable);
  t.is((refused!.cause as { errno?: number }).errno, 1045);
});

test("a server that cannot be reached is a 503 that says when to come again", async (t) => {
  const { database, server } = await pool(t);
  await server.close();
  const problem = await t.throwsAsync<HttpProblem>(database.query(sql("SELECT 1")), unavailable);
  t.like(problem, { status: 503, code: "database_unavailable", headers: { "retry-after": "5" } });
});

test("an error of the server is passed on without the values of the statement", async (t) => {
  const { database } = await pool(t, { answer: () => ({ code: 1054, message: "Unknown column 'x'" }) });
  const error = await t.throwsAsync<Error & { sql?: string }>(
    database.query(sql("SELECT x FROM t WHERE token = ?", "hunter2")),
    { message: "Unknown column 'x'" },
  );
  t.is(error?.sql, "SELECT x FROM t WHERE token = ?");
});

test("a transaction commits on one connection, and is undone when its work fails", async (t) => {
  const { database, asked } = await pool(t, { answer: () => ({ affectedRows: 1 }) });
  t.is(await database.transaction(async ({ write }) => (await write(sql("UPDATE t SET a = 1"))).rows), 1);
  await t.throwsAsync(
    database.transaction(() => Promise.reject(new Error("no"))),
    { message: "no" },
  );
  t.deepEqual(asked(), ["START TRANSACTION", "UPDATE t SET a = 1", "COMMIT", "START TRANSACTION", "ROLLBACK"]);
});

test("the loser of a deadlock tries again, at most three times in all", async (t) => {
  let deadlocks = 2;
  const { database, asked } = await pool(t, {
    answer: (text) =>
      text.startsWith("UPDATE") && deadlocks-- > 0 ? { code: 1213, message: "Deadlock found" } : { affectedRows: 1 },
  });
  await database.transaction(({ write }) => write(sql("UPDATE t SET a = 1")));
  t.is(asked().filter((text) => text.startsWith("UPDATE")).length, 3);
  deadlocks = 9;
  await t.throwsAsync(
    database.transaction(({ write }) => write(sql("UPDATE t SET a = 2"))),
    unavailable,
  );
  t.is(asked().filter((text) => text.endsWith("a = 2")).length, 3);
  t.is(asked().at(-1), "ROLLBACK");
});

test("a session keeps one connection, and closes it at its end", async (t) => {
  const { database, server, asked } = await pool(t, { answer: () => ({ affectedRows: 0 }) });
  await database.session(async (session) => {
    await session.write(sql("DO GET_LOCK('a', 0)"));
    await session.transaction(({ write }) => write(sql("DO 1")));
  });
  await database.write(sql("DO 2"));
  t.deepEqual(asked(), ["DO GET_LOCK('a', 0)", "START TRANSACTION", "DO 1", "COMMIT", "DO 2"]);
  t.deepEqual(
    server.asked.filter(({ text }) => !settings.test(text)).map(({ connection }) => connection),
    [1, 1, 1, 1, 2],
  );
});

test("a server that falls silent costs its connection and not the pool", async (t) => {
  const { database, server } = await pool(t, {
    limit: 1,
    silence: 100,
    answer: (_text, connection) => (connection === 1 ? "silence" : [{ one: 1 }]),
  });
  await t.throwsAsync(database.query(sql("SELECT 1")), unavailable);
  t.deepEqual(await database.query(sql("SELECT 2")), [{ one: 1 }]);
  t.is(server.asked.at(-1)?.connection, 2);
});

test("who waits too long for a connection of the pool gets a 503, and the gauge tells the states apart", async (t) => {
  const { database, runtime, asked } = await pool(t, { limit: 1, timeout: 200 });
  let release = () => {};
  const held = database.transaction(() => new Promise<void>((resolve) => (release = resolve)));
  await until(() => asked().includes("START TRANSACTION"));
  const waiting = t.throwsAsync(database.query(sql("SELECT 1")), unavailable);
  const busy = await runtime.metrics.registry.metrics();
  const states = (page: string) =>
    ["active", "idle", "waiting"].map((state) => series(page, `db_pool_connections{state="${state}",service="test"}`));
  t.deepEqual(states(busy), ["1", "0", "1"]);
  const problem = await waiting;
  t.is((problem!.cause as Error).message, "no connection within 200 ms");
  release();
  await held;
  t.deepEqual(await database.query(sql("SELECT 2")), [{ one: 1 }]);
  t.deepEqual(states(await runtime.metrics.registry.metrics()), ["0", "1", "0"]);
});

test("the check names the tables that are missing, and why the server cannot be reached", async (t) => {
  const { database, server, dropAll } = await pool(t, { answer: () => [{ name: "bots_transaction" }] });
  t.like((await runChecks([database.check(["bots_transaction"])]))[0], {
    name: "mysql",
    need: "required",
    ok: true,
    detail: "connected and migrated",
  });
  t.like((await runChecks([database.check(["bots_transaction", "bots_tally"])]))[0], {
    ok: false,
    detail: "reachable, not migrated: bots_tally missing",
  });
  await Promise.all([dropAll(), server.close()]);
  t.regex((await runChecks([database.check(["bots_transaction"])]))[0]!.detail, /ECONNREFUSED/);
});
