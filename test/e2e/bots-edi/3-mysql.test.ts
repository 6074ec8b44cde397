import test from "ava";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { kubectl, withManifest } from "../../support/cluster.ts";
import { runJob } from "../../support/cron-job.ts";
import { mysqlSource } from "../../support/mysql-source.ts";
import { find, podSpec } from "../../support/objects.ts";
import { stackVariant } from "../../support/stack-variant.ts";

const namespace = "edi";
const source = { apiVersion: "v1", kind: "List", items: mysqlSource };

test.before(async () => {
  const { code, stderr } = await withManifest(source, "apply");
  if (code !== 0) throw new Error(stderr);
  await kubectl("wait", "pod/mysql-8", "-n", namespace, "--for=condition=Ready", "--timeout=300s");
});

test.after.always(() => withManifest(source, "delete", "--ignore-not-found", "--wait=true"));

/**
 * One run of the backup that a stack with that server would have. Its copies are its own: the volume holds those of
 * another server.
 */
async function backup(server: "mysql" | "mariadb") {
  const database = {
    kind: "external",
    host: "mysql-8",
    server,
    cidr: "192.0.2.1/32",
    tls: { mode: "DISABLED" },
    resources: undefined,
  };
  const { objects } = await stackVariant("dev", { systems: ["bots-edi"], "bots-edi": { database } });
  const cronJob = structuredClone(find(objects, "CronJob", "bots-db-backup"));
  podSpec(cronJob).volumes = podSpec(cronJob).volumes.map(
    (volume) =>
      (volume.name === "backups" ? { name: "backups", emptyDir: { sizeLimit: "1Gi" } } : volume) as typeof volume,
  );
  const { spec } = (cronJob as Manifest & { spec: { jobTemplate: { spec: object } } }).spec.jobTemplate;
  const metadata = { name: `drill-mysql-8-${server}-${Date.now().toString(36)}`, namespace };
  const job = { apiVersion: "batch/v1", kind: "Job", metadata, spec: { ...spec, backoffLimit: 0 } };
  return runJob(job);
}

test.serial(
  "a MySQL server with MySQL 8's own collation and objects of nobody is dumped and proven by MySQL's programs",
  async (t) => {
    t.timeout(600_000);
    const { outcome, logs } = await backup("mysql");
    t.is(outcome, "Complete", logs);
    t.regex(logs, /botsedi_data-\S+: 2 records of 1 models in dumpdata\.json/);
    t.regex(
      logs,
      /verified botsedi_data-\S+: 1 tables restored with the rows that were there, 5 views, routines, triggers and events, 2 records in dumpdata\.json/,
    );
  },
);

test.serial("a MySQL server that the stack calls a MariaDB is refused before anything is dumped", async (t) => {
  t.timeout(600_000);
  const { outcome, logs } = await backup("mariadb");
  t.is(outcome, "Failed", logs);
  t.regex(logs, /FAILED: mysql-8 runs mysql 9\.7\.\S+, and bots-edi\.database\.server says mariadb: set it to mysql/);
  t.notRegex(logs, /dumping botsedi_data/);
});
