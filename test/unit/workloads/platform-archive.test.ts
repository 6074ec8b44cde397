import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { archiveExpired } from "../../../workloads/server/platform/archive-expired.ts";
import { type Archive, verify, writeArchive } from "../../../workloads/server/platform/archive.ts";
import type { AuditEvent } from "../../../workloads/server/platform/audit-events.ts";
import { csvHeader, csvRecord } from "../../../workloads/server/platform/csv.ts";
import { auditDatabase, cutoff, event, expired, gather } from "./support/platform-database.ts";
import { testRuntime } from "./support/server.ts";

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "archive-"));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

async function* pages(...all: readonly (readonly AuditEvent[])[]) {
  yield* all;
}

const at = new Date("2026-01-09T02:00:00.123Z");
const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");

test("an archive is a compressed CSV with a name of its own and its hash beside it", async (t) => {
  const directory = folder(t);
  const [one, two, three] = expired(3) as [AuditEvent, AuditEvent, AuditEvent];
  const archive = await writeArchive(directory, pages([one, two], [three]), at);
  t.regex(archive.name, /^audit-20260109T020000Z-[0-9a-f]{8}\.csv\.gz$/);
  t.deepEqual(archive.ids, ["1", "2", "3"]);
  t.deepEqual(readdirSync(directory).sort(), [archive.name, `${archive.name}.sha256`]);
  const file = readFileSync(join(directory, archive.name));
  t.is(gunzipSync(file).toString(), csvHeader + csvRecord(one) + csvRecord(two) + csvRecord(three));
  t.is(archive.sha256, sha256(file));
  t.is(readFileSync(join(directory, `${archive.name}.sha256`), "utf8"), `${archive.sha256}  ${archive.name}\n`);
});

test("two archives of one second have different names", async (t) => {
  const directory = folder(t);
  const names = [
    await writeArchive(directory, pages(expired(1)), at),
    await writeArchive(directory, pages(expired(1)), at),
  ].map(({ name }) => name);
  t.is(new Set(names).size, 2);
  t.is(readdirSync(directory).length, 4);
});

test("an archive that cannot be finished leaves nothing behind", async (t) => {
  const directory = folder(t);
  async function* breaking() {
    yield expired(2);
    throw new Error("no database");
  }
  await t.throwsAsync(writeArchive(directory, breaking(), at), { message: "no database" });
  t.deepEqual(readdirSync(directory), []);
});

test("a folder that is not there is an error", async (t) => {
  await t.throwsAsync(writeArchive(join(folder(t), "gone"), pages(expired(1)), at), { code: "ENOENT" });
});

/** A file with these bytes, and what it is said to hold. */
function kept(t: ExecutionContext, data: Buffer, claim: Partial<Archive> = {}) {
  const path = join(folder(t), "a.csv.gz");
  writeFileSync(path, data);
  return [path, { sha256: sha256(data), ids: ["1", "2"], ...claim }] as const;
}

const two = csvHeader + expired(2).map(csvRecord).join("");

test("a file that is what it is said to be passes", async (t) => {
  await t.notThrowsAsync(verify(...kept(t, gzipSync(two))));
});

test("a file with another hash does not pass", async (t) => {
  await t.throwsAsync(verify(...kept(t, gzipSync(two), { sha256: "00" })), {
    message: /^the archive has the SHA-256 [0-9a-f]{64} and not 00$/,
  });
});

test("a file with fewer, more or other events does not pass", async (t) => {
  await t.throwsAsync(verify(...kept(t, gzipSync(two), { ids: ["1", "2", "3"] })), {
    message: "the archive holds 2 of 3 events",
  });
  await t.throwsAsync(verify(...kept(t, gzipSync(two), { ids: ["1"] })), {
    message: "record 2 of the archive is event 2 and not its end",
  });
  await t.throwsAsync(verify(...kept(t, gzipSync(two), { ids: ["1", "7"] })), {
    message: "record 2 of the archive is event 2 and not 7",
  });
});

test("a file that was cut off or is not compressed does not pass", async (t) => {
  await t.throwsAsync(verify(...kept(t, gzipSync(two).subarray(0, -9))), { message: "unexpected end of file" });
  await t.throwsAsync(verify(...kept(t, Buffer.from(two))), { message: "incorrect header check" });
});

/** Archives the expired events of a memory database into arrays. */
async function archiving(
  store: ReturnType<typeof auditDatabase>,
  more: Partial<Parameters<typeof archiveExpired>[0]> = {},
) {
  const archives: string[][] = [];
  const runtime = testRuntime();
  const run = archiveExpired({
    database: store.database,
    retentionDays: 365,
    archive: async (given) => {
      const ids = (await gather(given)).flat().map(({ id }) => id);
      archives.push(ids);
      return { name: `a${archives.length}`, sha256: "ab", ids };
    },
    log: runtime.log,
    signal: new AbortController().signal,
    ...more,
  });
  return {
    archives,
    lines: runtime.lines,
    error: await run.then(
      () => undefined,
      (reason: Error) => reason,
    ),
  };
}

test("exactly what was archived is deleted, and evidence and younger events stay", async (t) => {
  const store = auditDatabase([
    event(1, "2024-01-01T00:00:00.000000Z"),
    event(2, "2024-01-02T00:00:00.000000Z", { hold: true }),
    event(3, "2025-01-08T23:59:59.999999Z"),
    event(4, cutoff),
  ]);
  const { archives, error } = await archiving(store);
  t.is(error, undefined);
  t.deepEqual(archives, [["1", "3"]]);
  t.deepEqual(
    store
      .events()
      .slice(0, 2)
      .map(({ id }) => id),
    ["2", "4"],
  );
  t.deepEqual(store.told(), [
    { actor: "platform-audit-retention", action: "audit.archived", deleted: 2, cutoff, archive: "a1", sha256: "ab" },
  ]);
});

test("many events go in several archives, and each batch is told of", async (t) => {
  const store = auditDatabase(expired(2_500));
  const { archives } = await archiving(store, { eventsPerArchive: 1_500 });
  t.deepEqual(
    archives.map(({ length }) => length),
    [1_500, 1_000],
  );
  t.deepEqual(
    store.told().map(({ archive, deleted }) => [archive, deleted]),
    [
      ["a1", 1_000],
      ["a1", 500],
      ["a2", 1_000],
    ],
  );
});

test("without an archive that holds, nothing is deleted", async (t) => {
  const store = auditDatabase(expired(3));
  const { error } = await archiving(store, {
    archive: () => Promise.reject(new Error("the archive holds 2 of 3 events")),
  });
  t.is(error?.message, "the archive holds 2 of 3 events");
  t.is(store.events().length, 3);
  t.false(store.asked.some(({ text }) => text.startsWith("DELETE")));
});

test("an event that comes under hold after it was archived stays", async (t) => {
  const events = expired(3);
  const store = auditDatabase(events);
  const { error, lines } = await archiving(store, {
    archive: async (given) => {
      const ids = (await gather(given)).flat().map(({ id }) => id);
      (events[1] as { hold: boolean }).hold = true;
      return { name: "a", sha256: "ab", ids };
    },
  });
  t.is(error, undefined);
  t.is(store.events()[0]?.id, "2");
  t.like(
    lines.find(({ msg }) => msg === "deleted"),
    { deleted: 2, kept: 1 },
  );
});

test("nothing to archive is no archive", async (t) => {
  const { archives, error } = await archiving(auditDatabase([event(1, cutoff)]));
  t.deepEqual([archives, error], [[], undefined]);
});

test("a batch that fails is undone, and the batches before it hold", async (t) => {
  let batches = 0;
  const store = auditDatabase(expired(1_500), ({ text }) =>
    text.startsWith("INSERT") && (batches += 1) === 2 ? new Error("away") : undefined,
  );
  const { error } = await archiving(store);
  t.is(error?.message, "away");
  t.is(store.events().filter(({ action }) => action === "setting.changed").length, 500);
});

test("events that will not go end the task instead of being archived for ever", async (t) => {
  const store = auditDatabase(expired(2));
  const { archives, error } = await archiving({
    ...store,
    database: { ...store.database, transaction: async () => 0 as never },
  });
  t.is(error?.message, "2 expired events are left and none of them goes");
  t.is(archives.length, 1);
});

test("a retention below ninety days is refused before anything is read", async (t) => {
  const store = auditDatabase(expired(2));
  const { error } = await archiving(store, { retentionDays: 89 });
  t.is(error?.message, "AUDIT_RETENTION_DAYS is 89, and events are kept for at least 90 days");
  t.deepEqual(store.asked, []);
  t.is((await archiving(store, { retentionDays: 90 })).error, undefined);
});

test("a task that was told to stop deletes nothing more", async (t) => {
  const store = auditDatabase(expired(2));
  const { error } = await archiving(store, { signal: AbortSignal.abort(new Error("stopped by SIGTERM")) });
  t.is(error?.message, "stopped by SIGTERM");
  t.is(store.events().length, 2);
});
