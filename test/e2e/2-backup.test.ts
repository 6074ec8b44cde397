import test from "ava";
import { command, eventually, kubectl, sql, withManifest } from "../support/cluster.ts";

interface Job {
  spec: { backoffLimit: number; template: { spec: { containers: Container[]; initContainers: Container[] } } };
}
interface Container {
  name: string;
  command: string[];
  env: { name: string; value?: string }[];
}

/** Runs the backup CronJob's own template once, with a change; returns how it ended and what its containers said. */
async function runBackup(name: string, change: (job: Job) => void = () => {}): Promise<{ outcome: string; logs: string }> {
  const job = `drill-${name}-${Date.now().toString(36)}`;
  const made = JSON.parse(await kubectl("create", "job", job, "-n", "data", "--from=cronjob/postgres-backup", "--dry-run=client", "-o", "json")) as Job;
  made.spec.backoffLimit = 0;
  change(made);
  const { code, stderr } = await withManifest(made, "create");
  if (code !== 0) throw new Error(stderr);
  const outcome = await eventually(`the end of job ${job}`, 300, () => kubectl("get", "job", job, "-n", "data", "-o", "jsonpath={.status.conditions[*].type}"), (types) => /Complete|Failed/.test(types));
  const logs = await kubectl("logs", "-n", "data", `job/${job}`, "--all-containers", "--ignore-errors");
  await kubectl("delete", "job", job, "-n", "data", "--wait=true");
  return { outcome: outcome.includes("Failed") ? "Failed" : "Complete", logs };
}

const dump = (job: Job) => job.spec.template.spec.initContainers.find(({ name }) => name === "dump")!;
/** Puts a program of this name before the real one, only for the dump step of this one run. */
const replacing = (program: string, body: string) => (job: Job) => {
  dump(job).command = ["bash", "-c", `mkdir /tmp/fault && printf '%s\\n' '#!/bin/bash' ${JSON.stringify(body).replaceAll("$", "\\$")} >/tmp/fault/${program} && chmod +x /tmp/fault/${program} && PATH=/tmp/fault:$PATH exec bash /scripts/dump.sh`];
};

/** Names of the verified copies, newest last, read through a pod that mounts the backup volume. */
async function verifiedCopies(): Promise<string[]> {
  return (await onBackupVolume("ls -1 /backups/verified")).split("\n").filter(Boolean);
}

async function onBackupVolume(script: string): Promise<string> {
  const pod = `inspect-${Date.now().toString(36)}`;
  const template = JSON.parse(await kubectl("get", "cronjob", "postgres-backup", "-n", "data", "-o", "jsonpath={.spec.jobTemplate.spec.template}"));
  const { initContainers, containers, ...rest } = template.spec;
  const verify = initContainers.find(({ name }: Container) => name === "verify");
  const manifest = { apiVersion: "v1", kind: "Pod", metadata: { name: pod, namespace: "data", labels: template.metadata.labels }, spec: { ...rest, containers: [{ ...verify, command: ["bash", "-ec", script] }] } };
  const { code, stderr } = await withManifest(manifest, "create");
  if (code !== 0) throw new Error(stderr);
  try {
    const phase = await eventually(`the end of pod ${pod}`, 120, () => kubectl("get", "pod", pod, "-n", "data", "-o", "jsonpath={.status.phase}"), (seen) => /Succeeded|Failed/.test(seen));
    const logs = await kubectl("logs", "-n", "data", pod);
    if (phase === "Failed") throw new Error(logs);
    return logs;
  } finally {
    await kubectl("delete", "pod", pod, "-n", "data", "--wait=true");
  }
}

const tableCounts = () => sql(`SELECT format('SELECT %L, count(*) FROM %I.%I', format('%I.%I', schemaname, tablename), schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY schemaname, tablename \\gexec`);

test.serial("the backup job leaves a verified copy that restores to the same row count in every table (B10, B11)", async (t) => {
  const before = await verifiedCopies().catch(() => []);
  const counts = await tableCounts();
  const { outcome, logs } = await runBackup("good");
  t.is(outcome, "Complete", logs);
  const copies = await verifiedCopies();
  t.is(copies.length, before.length + 1);
  const restored = await onBackupVolume([
    "export PGHOST=/scratch PGUSER=postgres PGDATA=/scratch/data; unset PGPORT",
    "initdb --auth=trust --username=postgres --no-sync >/dev/null",
    `pg_ctl -s -w -l /scratch/log -o "-c listen_addresses='' -c unix_socket_directories=/scratch" start`,
    `copy=/backups/verified/${copies.at(-1)}`,
    "gzip -dc $copy/globals.sql.gz | grep -v '^CREATE ROLE postgres;' | psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -d postgres",
    "createdb -T template0 restored",
    "gzip -dc $copy/dump.sql.gz | psql -Xq -o /dev/null -v ON_ERROR_STOP=1 -1 -d restored",
    "psql -XAtq -d restored -f /scripts/row-counts.sql",
    "pg_ctl -s -m immediate stop",
  ].join("\n"));
  t.is(restored, counts);
  t.regex(counts, /^countries_metadata\|50$|^public\.countries_metadata\|50$/m);
  t.regex(counts, /^stg\.exportacao\|16$/m);
});

test.serial("a dump cut in half inside valid gzip fails, and the older copies are still there", async (t) => {
  const before = await verifiedCopies();
  t.true(before.length > 0);
  const { outcome, logs } = await runBackup("half", replacing("pg_dump", 'whole=$(/usr/lib/postgresql/*/bin/pg_dump "$@"); printf "%s" "${whole:0:$((${#whole} / 2))}"'));
  t.is(outcome, "Failed");
  t.regex(logs, /FAILED: .*: the dump ends before its last line/);
  t.deepEqual(await verifiedCopies(), before);
});

test.serial("a dump that lost rows but looks whole fails on the row counts", async (t) => {
  const before = await verifiedCopies();
  const { outcome, logs } = await runBackup("rows", replacing("pg_dump", '/usr/lib/postgresql/*/bin/pg_dump "$@" | sed "/^BRA\\|^ARG/d"'));
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
    const { outcome, logs } = await runBackup("empty", (job) => {
      dump(job).env = dump(job).env.map((variable) => (variable.name === "PGDATABASE" ? { name: "PGDATABASE", value: "hollow" } : variable));
    });
    t.is(outcome, "Failed");
    t.regex(logs, /FAILED: hollow has no row in any table/);
    t.deepEqual(await verifiedCopies(), before);
  } finally {
    await sql("DROP DATABASE hollow", "postgres");
  }
});

test.serial("pruning removes an old verified copy only behind newer ones", async (t) => {
  const script = (keep: number) => `export BACKUPS=/tmp/copies KEEP_DAYS=7 KEEP_AT_LEAST=${keep}; mkdir -p /tmp/copies/verified/{old,older,oldest}; touch -d "10 days ago" /tmp/copies/verified/old; touch -d "20 days ago" /tmp/copies/verified/older; touch -d "30 days ago" /tmp/copies/verified/oldest; bash /scripts/prune.sh >/dev/null; ls /tmp/copies/verified`;
  t.is(await onBackupVolume(script(2)), "old\nolder");
  t.is(await onBackupVolume(script(3)), "old\nolder\noldest");
});

test.serial("kubectl create job --from works as an operator types it", async (t) => {
  const { code, stderr } = await command("kubectl", ["create", "job", "by-hand", "-n", "data", "--from=cronjob/postgres-backup"]);
  t.is(code, 0, stderr);
  await kubectl("wait", "job/by-hand", "-n", "data", "--for=condition=complete", "--timeout=300s");
  await kubectl("delete", "job", "by-hand", "-n", "data");
  t.pass();
});
