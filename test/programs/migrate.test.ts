import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";

const script = new URL("../../components/data/postgres/migrate.sh", import.meta.url).pathname;

/** Runs migrate.sh as far as it comes without a server. */
function migrate(files: Record<string, string>, env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "migrations-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const given = { PATH: process.env["PATH"] ?? "", PGHOST: "127.0.0.1", PGDATABASE: "bgc", PGUSER: "bgc", PGPASSWORD_FILE: script, MIGRATIONS_DIR: directory, WAIT_SECONDS: "0" };
    const { status, stderr } = spawnSync("bash", [script], { env: { ...given, ...env }, encoding: "utf8" });
    return { status, message: stderr.replace(/^\S+ FAILED: /, "").trim() };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("migrate lists every fault of its environment and exits with 2", (t) => {
  t.deepEqual(migrate({}, { PGHOST: "", PGPASSWORD_FILE: "/nowhere", WAIT_SECONDS: "soon" }), {
    status: 2,
    message: "PGHOST is not set; PGPASSWORD_FILE=/nowhere is not a readable file; WAIT_SECONDS=soon is not a whole number of seconds",
  });
});

test("migrate refuses a file whose name has no order", (t) => {
  t.deepEqual(migrate({ "first.sql": "" }), { status: 2, message: "first.sql is not named like 0001_what_it_does.sql" });
});

test("migrate refuses two files of one version", (t) => {
  t.deepEqual(migrate({ "0001_a.sql": "", "0001_b.sql": "" }), { status: 2, message: "0001_b.sql and 0001_a.sql have the same version" });
});

test("migrate refuses a file that commits by itself", (t) => {
  t.deepEqual(migrate({ "0001_a.sql": "SELECT 1;\n  Commit;\n" }), { status: 2, message: "0001_a.sql ends its transaction itself, so its record could be lost" });
});
