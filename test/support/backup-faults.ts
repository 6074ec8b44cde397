import test from "ava";
import { backupDrill, replacing, withEnv } from "./backup-drill.ts";
import { mysql, sql } from "./cluster.ts";
import type { DrillJob } from "./cron-job.ts";

/** A way a run goes wrong, and what its log must say. */
export type Fault = readonly [title: string, change: (job: DrillJob) => void, says: RegExp];

export interface BackupUnderTest {
  readonly namespace: string;
  readonly cronJob: string;
  /** What a good run says at its end. */
  readonly proves: RegExp;
  readonly faults: readonly Fault[];
  /** Makes and removes what the faults need. */
  readonly prepare?: () => Promise<unknown>;
  readonly cleanUp?: () => Promise<unknown>;
}

/** Copies of a PostgreSQL database that are restored before they count. */
export const postgresBackup = (namespace: string): BackupUnderTest => ({
  namespace,
  cronJob: "postgres-backup",
  proves: /tables restored with equal row counts/,
  faults: [
    [
      "half a dump in valid gzip",
      replacing("pg_dump", 'whole=$(real "$@"); printf "%s" "${whole:0:$((${#whole} / 2))}"'),
      /FAILED: .*: the dump ends before its last line/,
    ],
    ["a failing pg_dump", replacing("pg_dump", "echo the disk is gone >&2; exit 1"), /the disk is gone/],
    ["an empty database", withEnv({ PGDATABASE: "hollow" }), /FAILED: hollow has no row in any table/],
  ],
  prepare: async () =>
    void (await sql("DROP DATABASE IF EXISTS hollow", "postgres", namespace),
    await sql("CREATE DATABASE hollow", "postgres", namespace)),
  cleanUp: () => sql("DROP DATABASE hollow", "postgres", namespace),
});

/** Copies of a Redis that a scratch server loads before they count. */
export const redisBackup = (namespace: string): BackupUnderTest => ({
  namespace,
  cronJob: "redis-backup",
  proves: /keys restored/,
  faults: [
    [
      "a snapshot cut in half",
      replacing(
        "redis-cli",
        'real "$@"; for word; do [[ $word != *.rdb ]] || truncate -s "$(($(stat -c %s "$word") / 2))" "$word"; done',
      ),
      /FAILED: .*: dump\.rdb is damaged/,
    ],
    [
      "a copy that breaks off",
      replacing(
        "redis-cli",
        'for word; do [[ $word != --rdb ]] || { echo the disk is gone >&2; exit 1; }; done; real "$@"',
      ),
      /the disk is gone|FAILED: the copy broke off/,
    ],
    [
      "a snapshot that lost keys",
      replacing("redis-cli", 'for word; do [[ $word != dbsize ]] || { echo 1000000; exit 0; }; done; real "$@"'),
      /FAILED: .*: dump\.rdb has \d+ keys/,
    ],
  ],
});

/** Copies of EDI's database and its fixture (E09, E10). */
export const ediBackup: BackupUnderTest = {
  namespace: "edi",
  cronJob: "bots-db-backup",
  proves:
    /tables restored with the rows that were there, \d+ views, routines, triggers and events, \d+ records in dumpdata\.json/,
  faults: [
    [
      "half a dump in valid gzip",
      replacing("mariadb-dump", 'whole=$(real "$@"); printf "%s" "${whole:0:$((${#whole} / 2))}"'),
      /FAILED: .*: the dump ends before its last line/,
    ],
    [
      "a dump that lost a table's rows",
      replacing("mariadb-dump", 'real "$@" | sed "/^INSERT INTO .bots_migrations/,/;$/d"'),
      /FAILED: .*: table bots_migrations has 0 rows after the restore/,
    ],
    [
      "a fixture that is no JSON",
      replacing("mariadb-dump", 'real "$@"; echo "[{\\"a\\":b}]" >/staging/dumpdata.json'),
      /FAILED: .*: dumpdata\.json: object 1 of the fixture is not JSON/,
    ],
    [
      "a fixture that is cut off",
      replacing("mariadb-dump", 'real "$@"; truncate -s -3 /staging/dumpdata.json'),
      /FAILED: .*: dumpdata\.json: the fixture ends before its array does, after \d+ objects/,
    ],
    [
      "a fixture without its records",
      replacing("mariadb-dump", 'real "$@"; echo "[]" >/staging/dumpdata.json'),
      /FAILED: .*: dumpdata\.json: 0 records of bots\.\w+, and \d+ rows were counted when it was written/,
    ],
    [
      "a count that fails",
      replacing(
        "mariadb",
        '[[ "$*" != *"COUNT(*)"* ]] || { echo "ERROR 2013: lost connection" >&2; exit 1; }; real "$@"',
      ),
      /FAILED: the rows of table \S+ cannot be counted/,
    ],
    [
      "a server lost after the dump",
      replacing("mariadb-dump", 'real "$@"; sed -i "s/^host=.*/host=127.0.0.1/" /tmp/client.cnf'),
      /FAILED: the tables cannot be listed/,
    ],
    ["a failing mariadb-dump", replacing("mariadb-dump", "echo the disk is gone >&2; exit 1"), /the disk is gone/],
    ["an empty database", withEnv({ MYSQL_DATABASE: "hollow" }), /FAILED: hollow has no row in any table/],
  ],
  prepare: () =>
    mysql("CREATE DATABASE IF NOT EXISTS hollow; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON hollow.* TO 'backup'@'%'"),
  cleanUp: () => mysql("REVOKE SELECT, SHOW VIEW, TRIGGER, EVENT ON hollow.* FROM 'backup'@'%'; DROP DATABASE hollow"),
};

/** Archives of settings (G08, G14). */
export const configurationBackup = (namespace: string): BackupUnderTest => ({
  namespace,
  cronJob: "configuration-backup",
  proves: /verified configuration-.*: \d+ files/,
  faults: [
    [
      "an archive cut in half",
      replacing("tar", 'real "$@" || exit; [[ "$*" != *-czf* ]] || truncate -s 100 "$4"'),
      /FAILED: .* does not unpack/,
    ],
    ["a failing tar", replacing("tar", "echo the disk is gone >&2; exit 1"), /the disk is gone/],
    ["no configuration", replacing("cp", "exit 0"), /FAILED: there is no configuration/],
  ],
});

/** Topic definitions and consumer offsets (T11). */
export const kafkaBackup = (namespace: string): BackupUnderTest => ({
  namespace,
  cronJob: "kafka-backup",
  proves: /topics made again with equal partitions and settings/,
  faults: [
    [
      "half of the topics",
      replacing(
        "kafka-topics.sh",
        'if [[ "$*" == *--describe* ]]; then real "$@" | grep -v billing; else real "$@"; fi',
      ),
      /FAILED: the copied topics \(<\) are not those/,
    ],
    ["a failing tool", replacing("kafka-topics.sh", "echo the broker is gone >&2; exit 1"), /the broker is gone/],
    ["no topic at all", replacing("kafka-topics.sh", "exit 0"), /FAILED: .* has no topic/],
  ],
});

/** Declares one test for a backup: a good run, then all faults. */
export function drillBackup({ namespace, cronJob, proves, faults, prepare, cleanUp }: BackupUnderTest): void {
  const { run, copies } = backupDrill(namespace, cronJob);
  test.serial(
    `${namespace}/${cronJob} leaves a proven copy, and every fault fails loudly and keeps the older copies`,
    async (t) => {
      t.timeout(900_000);
      const before = await copies();
      const good = await run("good");
      t.is(good.outcome, "Complete", good.logs);
      t.regex(good.logs, proves);
      const kept = await copies();
      t.is(kept.length, before.length + 1);
      await prepare?.();
      try {
        // Side by side, because each has a pod and an unverified copy of its own.
        await Promise.all(
          faults.map(async ([title, change, says], index) => {
            const { outcome, logs } = await run(`fault-${index}`, change);
            t.is(outcome, "Failed", `${title}: ${logs}`);
            t.regex(logs, says, title);
          }),
        );
        t.deepEqual(await copies(), kept);
      } finally {
        await cleanUp?.();
      }
    },
  );
}
