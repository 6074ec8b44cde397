import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { runEngine } from "../../../workloads/server/edi/engine.ts";
import { homeAt, homeCheck, makeFolders } from "../../../workloads/server/edi/home.ts";
import { archivedName, arrivedFiles, importFile } from "../../../workloads/server/edi/infile.ts";
import { writeLate, writeOut } from "../../../workloads/server/edi/outfile.ts";
import { payloadLimit } from "../../../workloads/server/edi/payload.ts";
import { orders, purchaseOrder } from "./support/edi-payloads.ts";
import { fakeSession, serverError } from "./support/fake-mysql.ts";
import { testRuntime } from "./support/server.ts";

async function volume(t: ExecutionContext) {
  const root = mkdtempSync(join(tmpdir(), "bots-"));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const home = homeAt(root);
  await makeFolders(home);
  const drop = (name: string, content: string | Uint8Array, ageSeconds = 60) => {
    writeFileSync(join(home.infile, name), content);
    const then = Date.now() / 1000 - ageSeconds;
    utimesSync(join(home.infile, name), then, then);
  };
  return { home, drop };
}

/** A database with the queue's two important properties: one row for each key, and each row claimed once. */
function database({ free = true } = {}) {
  const rows: { id: number; editype: string; messagetype: string; payload: string; key: unknown; state: string }[] = [];
  const written: unknown[] = [];
  const fake = fakeSession([
    [/GET_LOCK/, [{ taken: free ? 1 : 0 }]],
    [/IS_USED_LOCK/, [{ lock_name: "bots-engine-botsedi_data", holder_id: 17 }]],
    [
      /FROM bots_enginerun WHERE connection_id/,
      (values) => (values[0] === 17 ? [{ holder: "bots-engine-28-x", started_at: "2026-01-09 12:00:00.000000" }] : []),
    ],
    [
      /^INSERT INTO bots_transaction/,
      ([, editype, messagetype, payload, , key]) => {
        if (rows.some((row) => row.key === key)) return serverError(1062);
        rows.push({
          id: rows.length + 1,
          editype: String(editype),
          messagetype: String(messagetype),
          payload: String(payload),
          key,
          state: "pending",
        });
        return { id: rows.length, rows: 1 };
      },
    ],
    [
      /^SELECT id, content_sha256/,
      ([key]) => rows.filter((row) => row.key === key).map(({ id }) => ({ id, content_sha256: "x" })),
    ],
    [/SKIP LOCKED/, () => rows.filter(({ state }) => state === "pending").slice(0, 1)],
    [
      /^UPDATE bots_transaction SET state = \?/,
      ([state, , , id]) => {
        rows.find((row) => row.id === id)!.state = String(state);
        return { id: 0, rows: 1 };
      },
    ],
    [
      /^UPDATE bots_acknowledgement/,
      ([id]) => {
        written.push(id);
        return { id: 0, rows: 1 };
      },
    ],
  ]);
  return { ...fake, rows, written };
}

const options = (home: ReturnType<typeof homeAt>, more: object = {}) => {
  const { log, lines } = testRuntime();
  return {
    lines,
    holder: "bots-engine-29-y",
    home,
    maxAttempts: 3,
    maxSeconds: 60,
    lockWaitSeconds: 0,
    settleSeconds: 2,
    log,
    signal: new AbortController().signal,
    ...more,
  };
};

test("a run imports what has arrived, processes it, and writes the answers", async (t) => {
  const { home, drop } = await volume(t);
  drop("b.edi", orders);
  drop("a.x12", purchaseOrder);
  const { session, rows, written, valuesOf } = database();
  t.deepEqual(await runEngine(session, options(home)), { imported: 2, processed: 2, failed: 0 });
  t.deepEqual(
    rows.map(({ editype, messagetype, state }) => [editype, messagetype, state]),
    [
      ["x12", "850", "done"],
      ["edifact", "ORDERS", "done"],
    ],
  );
  t.deepEqual(readdirSync(home.infile), []);
  t.deepEqual(readdirSync(home.data), ["a.x12.1.old", "b.edi.2.old"]);
  t.deepEqual(readdirSync(home.outfile), ["1.x12", "2.edifact"]);
  t.regex(readFileSync(join(home.outfile, "1.x12"), "utf8"), /^ISA\*.*\nST\*997\*0001~/s);
  t.deepEqual(written, [1, 2]);
  t.deepEqual(valuesOf(/^UPDATE bots_enginerun/), [[2, 2, 0, 1]]);
});

test("a run that is refused the lock names its holder and touches nothing", async (t) => {
  const { home, drop } = await volume(t);
  drop("a.x12", purchaseOrder);
  const { session, sent } = database({ free: false });
  await t.throwsAsync(runEngine(session, options(home)), {
    message:
      'the lock "bots-engine-botsedi_data" is held by bots-engine-28-x since 2026-01-09T12:00:00.000000Z (connection 17): nothing was done',
  });
  t.deepEqual(readdirSync(home.infile), ["a.x12"]);
  t.true(sent(6).every((text) => text === "SELECT"));
});

test("an invalid file becomes an error with a reason, and is archived like any other", async (t) => {
  const { home, drop } = await volume(t);
  drop("a.csv", "name;price");
  const { session, rows } = database();
  const run = options(home);
  t.deepEqual(await runEngine(session, run), { imported: 1, processed: 1, failed: 1 });
  t.like(rows[0], { editype: "unknown", messagetype: "unknown", state: "error" });
  t.like(
    run.lines.find(({ msg }) => msg === "transaction failed"),
    { id: 1, reason: "the payload is none of x12, edifact, json" },
  );
  t.deepEqual(readdirSync(home.data), ["a.csv.1.old"]);
});

test("a file that cannot be imported stays, keeps no other back, and fails the run at its end", async (t) => {
  const { home, drop } = await volume(t);
  drop("a.x12", "x".repeat(payloadLimit + 1));
  drop("b.x12", purchaseOrder);
  const { session, rows } = database();
  const run = options(home);
  await t.throwsAsync(runEngine(session, run), { message: "not imported and left where they are: a.x12" });
  t.deepEqual(
    rows.map(({ state }) => state),
    ["done"],
  );
  t.deepEqual(readdirSync(home.infile), ["a.x12"]);
  t.like(
    run.lines.find(({ msg }) => msg === "file not imported"),
    { file: "a.x12", reason: "the file has 1048577 bytes and a payload at most 1048576" },
  );
});

test("a run that is told to stop, or whose time is over, begins nothing new and gives the lock back", async (t) => {
  const { home, drop } = await volume(t);
  drop("a.x12", purchaseOrder);
  for (const more of [{ signal: AbortSignal.abort() }, { maxSeconds: 0 }]) {
    const { session, sent } = database();
    const run = options(home, more);
    t.deepEqual(await runEngine(session, run), { imported: 0, processed: 0, failed: 0 });
    t.is(run.lines.at(-1)?.["msg"], "stopped early: the next run goes on");
    t.is(sent(19).at(-1), "SELECT RELEASE_LOCK");
  }
  t.deepEqual(readdirSync(home.infile), ["a.x12"]);
});

test("a file that was imported before a crash is archived and not imported again, whatever its name", async (t) => {
  const { home, drop } = await volume(t);
  const { session, rows } = database();
  drop("a.x12", purchaseOrder);
  t.deepEqual(await importFile(session, home, "a.x12"), { id: 1, repeated: false });
  drop("a.x12", purchaseOrder);
  drop("copy.x12", purchaseOrder);
  t.deepEqual(await importFile(session, home, "a.x12"), { id: 1, repeated: true });
  t.deepEqual(await importFile(session, home, "copy.x12"), { id: 1, repeated: true });
  t.is(rows.length, 1);
  t.deepEqual([readdirSync(home.infile), readdirSync(home.data)], [[], ["a.x12.1.old", "copy.x12.1.old"]]);
});

test("the file stays where it is when the database refuses it", async (t) => {
  const { home, drop } = await volume(t);
  drop("a.x12", purchaseOrder);
  const { session } = fakeSession([[/^INSERT/, serverError(1406, "Data too long")]]);
  await t.throwsAsync(importFile(session, home, "a.x12"), { message: "Data too long" });
  t.deepEqual(readdirSync(home.infile), ["a.x12"]);
});

test("an archived file's age begins with its import", async (t) => {
  const { home, drop } = await volume(t);
  drop("a.x12", purchaseOrder, 90 * 86_400);
  await importFile(database().session, home, "a.x12");
  t.true(Date.now() - statSync(join(home.data, "a.x12.1.old")).mtimeMs < 60_000);
});

test("a file with the longest name that a folder takes is imported, and archived under its beginning", async (t) => {
  const { home, drop } = await volume(t);
  const names = [`${"n".repeat(251)}.x12`, `${"ü".repeat(125)}.x12a`];
  t.deepEqual(
    names.map((name) => Buffer.byteLength(name)),
    [255, 255],
  );
  for (const name of names) drop(name, `${purchaseOrder}${name[0]}`);
  const { session, rows } = database();
  for (const name of names) await importFile(session, home, name);
  t.is(rows.length, 2);
  t.deepEqual(
    [readdirSync(home.infile), readdirSync(home.data)],
    [[], [`${"n".repeat(249)}.1.old`, `${"ü".repeat(124)}.2.old`]],
  );
  t.is(archivedName("n".repeat(249), 1), `${"n".repeat(249)}.1.old`, "a name that fits is kept whole");
});

test("text that is not UTF-8 is read as ISO 8859-1", async (t) => {
  const { home, drop } = await volume(t);
  drop("a.edi", Buffer.from("M\xfcller", "latin1"));
  drop("b.edi", Buffer.from("Müller"));
  const { session, rows } = database();
  for (const name of ["a.edi", "b.edi"]) await importFile(session, home, name);
  t.deepEqual(
    rows.map(({ payload }) => payload),
    ["Müller", "Müller"],
  );
});

test("files that are being written, hidden, done with or no files are passed over", async (t) => {
  const { home, drop } = await volume(t);
  for (const name of ["b.x12", "a.x12", ".hidden", "c.tmp", "d.PART", "e.partial", "f.old"]) drop(name, "x");
  drop("fresh.x12", "x", 0);
  mkdirSync(join(home.infile, "folder"));
  t.deepEqual(await arrivedFiles(home, 2), ["a.x12", "b.x12"]);
  t.deepEqual(await arrivedFiles(home, 0), ["a.x12", "b.x12", "fresh.x12"]);
});

test("an answer that cannot be written is no failure: it is written later from its row", async (t) => {
  const { home } = await volume(t);
  const { log, lines } = testRuntime();
  const gone = { ...home, outfile: join(home.root, "nowhere") };
  const { session, written } = database();
  t.false(await writeOut({ id: 3, editype: "json", body: "{}" }, { database: session, home: gone, log }));
  t.deepEqual([written, lines.map(({ msg, id }) => [msg, id])], [[], [["acknowledgement not written yet", 3]]]);
  const late = fakeSession([
    [
      /written_at IS NULL/,
      [
        { id: 3, editype: "json", body: "{}" },
        { id: 4, editype: "x12", body: "ISA" },
      ],
    ],
  ]);
  t.is(await writeLate({ database: late.session, home: gone, log }), 0);
  t.is(await writeLate({ database: late.session, home, log }), 2);
  t.deepEqual(readdirSync(home.outfile), ["3.json", "4.x12"]);
  t.deepEqual(late.valuesOf(/^UPDATE/), [[3], [4]]);
});

test("folders are made on a volume that is there, and never in its place", async (t) => {
  const { home } = await volume(t);
  t.deepEqual(readdirSync(join(home.root, "botssys")).sort(), ["data", "infile", "outfile"]);
  const nowhere = homeAt(join(home.root, "not-mounted"));
  await t.throwsAsync(makeFolders(nowhere), { code: "ENOENT" });
  t.false(existsSync(nowhere.root));
  t.is(await homeCheck(home).run(), "present and writable");
  rmSync(home.data, { recursive: true });
  await t.throwsAsync(homeCheck(home).run(), { code: "ENOENT" });
});
