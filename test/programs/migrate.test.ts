import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";

const script = new URL("../../components/data/postgres/migrate.sh", import.meta.url).pathname;

/** Holds Postgres' client as it answers without a server: this machine may have none, or a server of its own. */
const away = mkdtempSync(join(tmpdir(), "pg-isready-"));
writeFileSync(join(away, "pg_isready"), "#!/bin/sh\nexit 2\n", { mode: 0o755 });
test.after.always(() => rmSync(away, { recursive: true }));

/** Runs migrate.sh as far as it comes without a server. */
function migrate(files: Record<string, string>, env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "migrations-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const given = {
      PATH: `${away}:${process.env["PATH"]}`,
      PGHOST: "127.0.0.1",
      PGDATABASE: "bgc",
      PGUSER: "bgc",
      PGPASSWORD_FILE: script,
      MIGRATIONS_DIR: directory,
      WAIT_SECONDS: "0",
    };
    const { status, stderr } = spawnSync("bash", [script], { env: { ...given, ...env }, encoding: "utf8" });
    return { status, message: stderr.replace(/^\S+ FAILED: /, "").trim() };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("migrate lists every fault of its environment and exits with 2", (t) => {
  t.deepEqual(migrate({}, { PGHOST: "", PGPASSWORD_FILE: "/nowhere", WAIT_SECONDS: "soon" }), {
    status: 2,
    message:
      "PGHOST is not set; PGPASSWORD_FILE=/nowhere is not a readable file; WAIT_SECONDS=soon is not a whole number of seconds",
  });
});

test("migrate refuses a file whose name has no order", (t) => {
  t.deepEqual(migrate({ "first.sql": "" }), {
    status: 2,
    message: "first.sql is not named like 0001_what_it_does.sql",
  });
});

test("migrate refuses two files of one version", (t) => {
  t.deepEqual(migrate({ "0001_a.sql": "", "0001_b.sql": "" }), {
    status: 2,
    message: "0001_b.sql and 0001_a.sql have the same version",
  });
});

test("asking an external server that is away for the reason waits for 5 s at most", (t) => {
  const programs = mkdtempSync(join(tmpdir(), "programs-"));
  t.teardown(() => rmSync(programs, { recursive: true }));
  const said = join(programs, "timeout");
  for (const [name, text] of [
    ["pg_isready", "exit 2"],
    ["psql", `echo "$PGCONNECT_TIMEOUT" >${said}; exit 2`],
  ] as const) {
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(programs, name), 0o755);
  }
  const { status } = migrate(
    { "0001_a.sql": "SELECT 1;" },
    { PATH: `${programs}:${process.env["PATH"]}`, PGSSLMODE: "verify-full", PGSSLROOTCERT: "/nowhere" },
  );
  t.is(status, 3);
  t.is(readFileSync(said, "utf8"), "5\n");
});

const ends = (statement: string, line: number) => ({
  status: 2,
  message: `0001_a.sql ends its transaction itself with ${statement} in line ${line}, so its record could be lost: take the statement out`,
});

for (const [sql, statement, line] of [
  ["SELECT 1;\n  Commit;\n", "COMMIT", 2],
  ["END;", "END", 1],
  ["SELECT 1; COMMIT; SELECT 2;", "COMMIT", 1],
  ["SELECT 1;\nabort", "ABORT", 2],
  ["/* done */ rollback\n;", "ROLLBACK", 1],
  ["ROLLBACK AND CHAIN;", "ROLLBACK AND CHAIN", 1],
  ["commit\n  work\n  and chain;", "COMMIT WORK AND CHAIN", 1],
  ["-- first\nPREPARE TRANSACTION 'x';", "PREPARE TRANSACTION", 2],
  ["SELECT $$END;$$; END TRANSACTION;", "END TRANSACTION", 1],
  ["SELECT 'a''b', E'it\\'s';\nEND;", "END", 2],
  ["SELECT 1 \\; COMMIT;", "COMMIT", 1],
  ["SELECT 1 \\gset\nCOMMIT;", "COMMIT", 2],
  ["COPY t FROM stdin;\nEND;\n\\.\nEND;", "END", 4],
  ["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;\nEND;", "END", 2],
  ["\\connect other", "\\CONNECT", 1],
] as const) {
  test(`migrate refuses a file that ends its transaction: ${JSON.stringify(sql)}`, (t) => {
    t.deepEqual(migrate({ "0001_a.sql": sql }), ends(statement, line));
  });
}

for (const sql of [
  "-- COMMIT;\nSELECT 1; -- END;",
  "/* COMMIT; /* ABORT; */ END; */ SELECT 1;",
  "SELECT 'x; COMMIT; y', E'it\\'s; END;', 'it''s; END;';",
  'SELECT 1 AS "end; COMMIT;";',
  "DO $body$ BEGIN PERFORM $$; COMMIT;$$; END; $body$;",
  "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  IF true THEN\n    RETURN NULL;\n  END IF;\nEND;\n$$;",
  "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;",
  "CREATE RULE r AS ON DELETE TO t DO ALSO (SELECT 1; SELECT 2);",
  "SAVEPOINT s;\nROLLBACK TO s;\nROLLBACK WORK TO SAVEPOINT s;",
  "COPY t FROM stdin;\nEND;\nit's\n\\.\nSELECT 1;",
  "PREPARE q AS SELECT 1; SELECT price$end FROM t; UPDATE t SET commit = 1;",
]) {
  test(`migrate takes a file that ends no transaction: ${JSON.stringify(sql)}`, (t) => {
    t.deepEqual(migrate({ "0001_a.sql": sql }), {
      status: 3,
      message: "127.0.0.1:5432 does not accept connections after 0 s: see 'kubectl logs' of the database pod",
    });
  });
}

test("a file that ended its transaction all the same, which only the database can see, fails by name and stops the rest", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "psql-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  // The session for the lock reads from its input; the last file of a transaction asks whether it is the one that it
  // was.
  writeFileSync(
    join(folder, "psql"),
    `#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$0.log"
case "$*" in
  *--single-transaction*) echo "row of the file itself"; echo f ;;
  *--command*) ;;
  *) while read -r _; do echo t; done ;;
esac
`,
    { mode: 0o755 },
  );
  writeFileSync(join(folder, "pg_isready"), "#!/bin/sh\n", { mode: 0o755 });
  const { status, message } = migrate(
    { "0001_a.sql": "SELECT 1;", "0002_b.sql": "SELECT 2;" },
    { PATH: `${folder}:${process.env["PATH"]}` },
  );
  t.is(status, 1);
  t.is(
    message.split("\n").at(-1),
    "0001_a.sql ended the transaction that holds its record: some of it may be there with the record or without it. Compare the tables with the file, mend them and schema_migrations by hand, and take out what ended it",
  );
  t.is(
    readFileSync(join(folder, "psql.log"), "utf8")
      .split("\n")
      .filter((line) => line.includes("--single-transaction")).length,
    1,
  );
});
