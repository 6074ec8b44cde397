import test from "ava";
import { backupDrill } from "../../support/backup-drill.ts";
import { type BucketDrill, bucketDrill } from "../../support/bucket-drill.ts";
import { sql } from "../../support/cluster.ts";

const { onVolume, copies } = backupDrill("platform", "postgres-backup");
let drill: BucketDrill;

test.before(async () => {
  drill = await bucketDrill("platform", "postgres-backup", (s3) => ({
    "platform-service": { postgres: { backup: { keepDays: 30, keepAtLeast: 1, s3 } } },
  }));
});
test.after.always(() => drill?.cleanUp());

/** Puts a copy of long ago on the volume, that the next pruning removes. */
const old = "platform_db-20200101T020000Z-old";
const putOldCopy = () =>
  onVolume(
    `mkdir -p /backups/verified/${old}; echo old >/backups/verified/${old}/row-counts; (cd /backups/verified/${old}; sha256sum row-counts >SHA256SUMS); touch -d "40 days ago" /backups/verified/${old}`,
  );

/** What a run adds to the volume and takes from it; the new copy is the newest. */
async function during<T>(run: () => Promise<T>): Promise<{ ending: T; added: string[]; removed: string[] }> {
  const before = await copies();
  const ending = await run();
  const after = await copies();
  return {
    ending,
    added: after.filter((copy) => !before.includes(copy)),
    removed: before.filter((copy) => !after.includes(copy)),
  };
}

test.serial(
  "verified copies are uploaded, and the newest one restores from the bucket to the rows that the database has (B11)",
  async (t) => {
    t.timeout(600_000);
    const { ending, added } = await during(() => drill.run());
    t.is(ending.outcome, "Complete", ending.logs);
    const [copy = "none"] = added;
    t.true(
      ending.logs.includes(
        `copies are in s3:copies/drill with the checksums that they have here, and ${copy} was read back`,
      ),
      ending.logs,
    );
    const files = (await onVolume("cd /backups/verified; find * -type f")).split("\n").sort();
    t.deepEqual(await drill.listed(), files);
    t.true(files.includes(`${copy}/dump.sql.gz`));
    const restored = await drill.restored(copy);
    t.regex(restored, new RegExp(`verified ${copy}: \\d+ tables restored with equal row counts`));
    const counts = await sql(
      `SELECT format('SELECT %L, count(*) FROM %I.%I', format('%I.%I', schemaname, tablename), schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY schemaname, tablename \\gexec`,
      "platform_db",
      "platform",
    );
    t.deepEqual(
      restored.split("\n").filter((line) => /^\S+\|\d+$/.test(line)),
      counts.split("\n"),
    );
  },
);

test.serial(
  "wrong credentials fail the job once and by their name, and the volume gets its new copy and loses its old one (B11)",
  async (t) => {
    t.timeout(600_000);
    await putOldCopy();
    const { ending, added, removed } = await during(() => drill.run("wrong"));
    t.deepEqual([ending.outcome, ending.reason, ending.failedPods], ["Failed", "PodFailurePolicy", 1], ending.logs);
    t.true(
      ending.logs.includes(
        `FAILED: ${drill.endpoint} refuses the keys of the Secret s3-drill-wrong-keys (SignatureDoesNotMatch)`,
      ),
      ending.logs,
    );
    t.deepEqual([added.length, removed], [1, [old]]);
    t.regex(ending.logs, new RegExp(`verified, and kept on the volume: .*${added[0]}`));
    t.false((await drill.listed()).some((object) => object.startsWith(added[0]!)));
  },
);

test.serial(
  "what an upload left out is uploaded with the next run, and a damaged object is named until it is removed (B11)",
  async (t) => {
    t.timeout(900_000);
    const [damaged = "none"] = await copies();
    await drill.inBucket(`rm ${damaged}/globals.sql.gz; truncate -s 100 ${damaged}/dump.sql.gz`);
    const { ending, added } = await during(() => drill.run());
    t.deepEqual([ending.outcome, ending.reason, ending.failedPods], ["Failed", "PodFailurePolicy", 1], ending.logs);
    t.true(
      ending.logs.includes(
        `FAILED: s3:copies/drill has damaged files, which are as they were written on the volume: ${damaged}/dump.sql.gz (missing there: none). Remove them from the bucket: the next run uploads them again`,
      ),
      ending.logs,
    );
    t.is(added.length, 1);
    const objects = await drill.listed();
    t.deepEqual(
      [`${damaged}/globals.sql.gz`, `${added[0]}/dump.sql.gz`].filter((object) => !objects.includes(object)),
      [],
    );
    await drill.inBucket(`rm ${damaged}/dump.sql.gz`);
    const next = await drill.run();
    t.is(next.outcome, "Complete", next.logs);
    t.regex(await drill.restored(damaged), /tables restored with equal row counts/);
  },
);

test.serial(
  "an endpoint that is gone fails the job once and by its name, and the volume gets its new copy and loses its old one (B11)",
  async (t) => {
    t.timeout(600_000);
    await drill.vanish();
    await putOldCopy();
    const { ending, added, removed } = await during(() => drill.run());
    t.deepEqual([ending.outcome, ending.reason, ending.failedPods], ["Failed", "PodFailurePolicy", 1], ending.logs);
    t.regex(
      ending.logs,
      new RegExp(
        `FAILED: ${drill.endpoint} does not answer \\(.+\\): does it run, and do s3\\.cidrs hold the addresses of its name\\?`,
      ),
    );
    t.deepEqual([added.length, removed], [1, [old]]);
    t.regex(ending.logs, new RegExp(`verified, and kept on the volume: .*${added[0]}`));
  },
);
