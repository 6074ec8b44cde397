import test from "ava";
import { backupDrill, replacing, withEnv } from "../../support/backup-drill.ts";
import { command, kubectl, sql } from "../../support/cluster.ts";

const { run: runBackup, onVolume: onBackupVolume, copies: verifiedCopies } = backupDrill("data", "postgres-backup");

const tableCounts = () =>
  sql(
    `SELECT format('SELECT %L, count(*) FROM %I.%I', format('%I.%I', schemaname, tablename), schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY schemaname, tablename \\gexec`,
  );

test.serial(
  "the backup job leaves a verified copy that restores to the same row count in every table (B10, B11)",
  async (t) => {
    const before = await verifiedCopies().catch(() => []);
    const counts = await tableCounts();
    const { outcome, logs } = await runBackup("good");
    t.is(outcome, "Complete", logs);
    const copies = await verifiedCopies();
    t.is(copies.length, before.length + 1);
    const restored = await onBackupVolume(
      [
        "export PGHOST=/scratch PGUSER=postgres PGDATA=/scratch/data; unset PGPORT",
        "initdb --auth=trust --username=postgres --no-sync >/dev/null",
        `pg_ctl -s -w -l /scratch/log -o "-c listen_addresses='' -c unix_socket_directories=/scratch" start`,
        `copy=/backups/verified/${copies.at(-1)}`,
        "gzip -dc $copy/globals.sql.gz | grep -v '^CREATE ROLE postgres;' | psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d postgres",
        "createdb -T template0 restored",
        "gzip -dc $copy/dump.sql.gz | psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -1 -d restored",
        "psql -XAtq -d restored -f /scripts/row-counts.sql",
        "pg_ctl -s -m immediate stop",
      ].join("\n"),
    );
    t.is(restored, counts);
    t.regex(counts, /^countries_metadata\|50$|^public\.countries_metadata\|50$/m);
    t.regex(counts, /^stg\.exportacao\|16$/m);
  },
);

test.serial("a dump cut in half inside valid gzip fails, and the older copies are still there", async (t) => {
  const before = await verifiedCopies();
  t.true(before.length > 0);
  const { outcome, logs } = await runBackup(
    "half",
    replacing("pg_dump", 'whole=$(real "$@"); printf "%s" "${whole:0:$((${#whole} / 2))}"'),
  );
  t.is(outcome, "Failed");
  t.regex(logs, /FAILED: .*: the dump ends before its last line/);
  t.deepEqual(await verifiedCopies(), before);
});

test.serial("a dump that lost rows but looks whole fails on the row counts", async (t) => {
  const before = await verifiedCopies();
  const { outcome, logs } = await runBackup("rows", replacing("pg_dump", 'real "$@" | sed "/^BRA\\|^ARG/d"'));
  t.is(outcome, "Failed", logs);
  t.regex(logs, /FAILED: .*: the restored tables \(>\) differ from the database/);
  t.deepEqual(await verifiedCopies(), before);
});

test.serial("a failing pg_dump fails the job, and the older copies are still there (E10)", async (t) => {
  const before = await verifiedCopies();
  const { outcome } = await runBackup("broken", replacing("pg_dump", "echo the disk is gone >&2; exit 1"));
  t.is(outcome, "Failed");
  t.deepEqual(await verifiedCopies(), before);
});

test.serial("a backup of an empty database fails, and the older copies are still there", async (t) => {
  const before = await verifiedCopies();
  await sql("DROP DATABASE IF EXISTS hollow", "postgres");
  await sql("CREATE DATABASE hollow", "postgres");
  try {
    const { outcome, logs } = await runBackup("empty", withEnv({ PGDATABASE: "hollow" }));
    t.is(outcome, "Failed");
    t.regex(logs, /FAILED: hollow has no row in any table/);
    t.deepEqual(await verifiedCopies(), before);
  } finally {
    await sql("DROP DATABASE hollow", "postgres");
  }
});

test.serial("pruning removes an old verified copy only behind newer ones", async (t) => {
  const script = (keep: number) =>
    `export BACKUPS=/tmp/copies KEEP_DAYS=7 KEEP_AT_LEAST=${keep}; mkdir -p /tmp/copies/verified/bgc-2026{0109,0105,0101}; touch -d "10 days ago" /tmp/copies/verified/bgc-20260109; touch -d "20 days ago" /tmp/copies/verified/bgc-20260105; touch -d "30 days ago" /tmp/copies/verified/bgc-20260101; bash /scripts/prune.sh >/dev/null; ls /tmp/copies/verified`;
  t.is(await onBackupVolume(script(2)), "bgc-20260105\nbgc-20260109");
  t.is(await onBackupVolume(script(3)), "bgc-20260101\nbgc-20260105\nbgc-20260109");
});

test.serial("kubectl create job --from works as an operator types it", async (t) => {
  const { code, stderr } = await command("kubectl", [
    "create",
    "job",
    "by-hand",
    "-n",
    "data",
    "--from=cronjob/postgres-backup",
  ]);
  t.is(code, 0, stderr);
  await kubectl("wait", "job/by-hand", "-n", "data", "--for=condition=complete", "--timeout=300s");
  await kubectl("delete", "job", "by-hand", "-n", "data");
  t.pass();
});
