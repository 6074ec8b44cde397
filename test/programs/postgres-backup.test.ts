import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";

const sources = ["../../components/data/postgres/", "../../components/capabilities/verified-backup/"].map(
  (path) => new URL(path, import.meta.url).pathname,
);

/** Runs a script of the backup, with its folders in a folder of the test's own and stand-ins for other programs. */
function run(
  script: "dump" | "verify",
  programs: Record<string, string>,
  prepare: (folder: string) => void = () => {},
) {
  const folder = mkdtempSync(join(tmpdir(), "postgres-backup-"));
  try {
    for (const name of ["bin", "scripts", "scratch", "backups"]) mkdirSync(join(folder, name));
    for (const source of sources) {
      for (const name of readdirSync(source).filter((file) => /\.(sh|sql)$/.test(file))) {
        const text = readFileSync(join(source, name), "utf8");
        writeFileSync(
          join(folder, "scripts", name),
          text
            .replaceAll(/\/(scripts|scratch)\b/g, `${folder}/$1`)
            .replaceAll("/dev/termination-log", `${folder}/termination-log`),
        );
      }
    }
    for (const [name, body] of Object.entries(programs)) {
      writeFileSync(join(folder, "bin", name), `#!/bin/bash\n${body}\n`);
      chmodSync(join(folder, "bin", name), 0o755);
    }
    writeFileSync(join(folder, "password"), "secret");
    prepare(folder);
    const env = {
      PATH: `${folder}/bin:${process.env["PATH"]}`,
      HOSTNAME: "backup-x1",
      BACKUPS: `${folder}/backups`,
      PGHOST: "postgres",
      PGDATABASE: "bgc",
      PGUSER: "backup",
      PGPASSWORD_FILE: `${folder}/password`,
      COUNT_SECONDS: "1",
    };
    const { status, stdout, stderr } = spawnSync("bash", [join(folder, "scripts", `${script}.sh`)], {
      env,
      encoding: "utf8",
      timeout: 50_000,
    });
    const verified = join(folder, "backups/verified");
    const message = readable(join(folder, "termination-log"));
    return {
      status,
      said: `${stdout}${stderr}`.replaceAll(/^\S+Z /gm, ""),
      message,
      verified: spawnSync("ls", [verified], { encoding: "utf8" }).stdout.trim(),
      configuration: readable(join(folder, "scratch/data/postgresql.conf")),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readable(file: string): string {
  return spawnSync("cat", [file], { encoding: "utf8" }).stdout;
}

/** A session that lists two tables and takes its time to count the second. */
const session = (pause: number) => `while read -r line; do case $line in
  *pg_export_snapshot*) echo 0003-1 ;;
  "ORDER BY"*) printf '%s\\n' "SELECT 'stg.quick', count(*) FROM stg.quick" "SELECT 'stg.slow', count(*) FROM stg.slow" ;;
  "SELECT 'stg.slow'"*) sleep ${pause}; echo 'stg.slow|2' ;;
  "SELECT 'stg.quick'"*) echo 'stg.quick|3' ;;
  *echo*) echo end ;;
esac; done`;
const dumping = (pause: number) => ({
  psql: session(pause),
  pg_isready: "exit 0",
  pg_dump: "echo '-- dump'",
  pg_dumpall: "echo '-- roles'",
});

test("a table that is not counted in time fails the dump with the table's name and the time that it may take (B10)", (t) => {
  const { status, said } = run("dump", dumping(5));
  t.is(status, 1);
  t.regex(
    said,
    /^FAILED: the rows of stg\.slow are not counted after \d+ s: 1 s, a quarter of the backup's deadline, are the most$/m,
  );
});

test("tables that are counted in time are dumped with their rows (B10)", (t) => {
  const { status, said } = run("dump", dumping(0));
  t.is(status, 0, said);
  t.regex(said, /^dumped 2 tables with 5 rows, \d+ bytes$/m);
});

test("a server that breaks off while it lists its tables fails the dump", (t) => {
  const { status, said } = run("dump", { ...dumping(0), psql: "read -r line; echo 0003-1; read -r line" });
  t.is(status, 1);
  t.regex(said, /^FAILED: the server did not list its tables$/m);
});

test("a server that is gone before it is asked for its tables fails the dump, and not without a word", (t) => {
  const { status, said } = run("dump", { ...dumping(0), psql: "read -r line; exec 0<&-; echo 0003-1" });
  t.is(status, 1);
  t.regex(said, /^FAILED: the server did not list its tables$/m);
});

const restoring = {
  initdb: 'mkdir -p "$PGDATA"',
  pg_ctl: "exit 0",
  createdb: "exit 0",
  psql: '[[ $* != *row-counts* ]] || { echo "stg.quick|3"; exit; }; cat >/dev/null',
};
/** A copy whose dump ends with these lines. */
const copyEnding =
  (...end: string[]) =>
  (folder: string) => {
    const copy = join(folder, "backups/incoming/bgc-20260101T020000Z-x1");
    mkdirSync(copy, { recursive: true });
    mkdirSync(join(folder, "backups/verified"));
    writeFileSync(join(copy, "dump.sql.gz"), gzipSync(["CREATE TABLE stg.quick ();", ...end, ""].join("\n")));
    writeFileSync(join(copy, "globals.sql.gz"), gzipSync("CREATE ROLE bgc;\n"));
    writeFileSync(join(copy, "row-counts"), "stg.quick|3\n");
    spawnSync("bash", ["-c", "sha256sum -- * >SHA256SUMS"], { cwd: copy });
    writeFileSync(join(folder, "backups/incoming/current-backup-x1"), `${copy}\n`);
  };
const marker = ["--", "-- PostgreSQL database dump complete", "--"];

test("a dump is whole whatever a newer pg_dump writes behind its last line", (t) => {
  const { status, said, verified } = run(
    "verify",
    restoring,
    copyEnding(...marker, "", "\\unrestrict x", "", "-- a line", "-- and another"),
  );
  t.is(status, 0, said);
  t.is(verified, "bgc-20260101T020000Z-x1");
});

test("a dump without its last line fails, and does not count", (t) => {
  const { status, said, verified, message } = run("verify", restoring, copyEnding("COPY stg.quick FROM stdin;"));
  t.is(status, 1);
  t.regex(said, /^FAILED: bgc-20260101T020000Z-x1: the dump ends before its last line$/m);
  t.deepEqual([verified, message], ["", ""]);
});

test("a verified copy leaves its name, time and size for the pod's status", (t) => {
  const { message } = run("verify", restoring, copyEnding(...marker));
  const { verifiedCopy, at, bytes } = JSON.parse(message) as { verifiedCopy: string; at: string; bytes: number };
  t.is(verifiedCopy, "bgc-20260101T020000Z-x1");
  t.is(new Date(at).toISOString().replace(".000", ""), at);
  t.true(bytes > 0 && bytes % 1024 === 0);
});

test("the scratch server keeps room for the locks of thousands of tables in one transaction, and writes no log of what it loads", (t) => {
  const { configuration } = run("verify", restoring, copyEnding(...marker));
  for (const line of [
    "max_locks_per_transaction = 8192",
    "wal_level = minimal",
    "max_wal_senders = 0",
    "autovacuum = off",
    "max_parallel_maintenance_workers = 0",
  ])
    t.true(configuration.split("\n").includes(line), line);
});
