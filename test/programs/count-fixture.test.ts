import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { checkout } from "../../scripts/support/checkout.ts";

const program = join(checkout, "workloads/server/edi/count-fixture.ts");

/** A copy that this pod handed over, with a fixture: its text, or its bytes in gzip. */
function handedOver(t: ExecutionContext, fixture?: string | Uint8Array, counts?: string) {
  const backups = mkdtempSync(join(tmpdir(), "count-fixture-"));
  t.teardown(() => rmSync(backups, { recursive: true }));
  const copy = join(backups, "incoming/edi-1");
  mkdirSync(copy, { recursive: true });
  writeFileSync(join(backups, "incoming/current-pod-1"), `${copy}\n`);
  writeFileSync(join(copy, "SHA256SUMS"), "0  dump.sql.gz\n");
  if (fixture !== undefined)
    writeFileSync(join(copy, "dumpdata.json.gz"), typeof fixture === "string" ? gzipSync(fixture) : fixture);
  if (counts !== undefined) writeFileSync(join(copy, "dumpdata.json.counts.gz"), gzipSync(counts));
  return { backups, copy };
}

/** Runs the program as the job does; `heap` bounds the memory of its objects in MiB. */
async function count(backups: string, heap = 64) {
  const child = spawn(process.execPath, [`--max-old-space-size=${heap}`, program], {
    env: { BACKUPS: backups, HOSTNAME: "pod-1" },
  });
  const [said, code] = await Promise.all([
    Promise.all([child.stdout.toArray(), child.stderr.toArray()]),
    new Promise<number | null>((resolve) => child.on("exit", resolve)),
  ]);
  return {
    code,
    said: said
      .flat()
      .join("")
      .replaceAll(/^\d{4}-\S+Z /gm, ""),
  };
}

const record = (model: string, pk: number, payload = 'ISA*{[\\"é') =>
  JSON.stringify({ model, pk, fields: { payload } });
const records = [record("bots.transaction", 1), record("bots.transaction", 2), record("auth.user", 1)];

test("the records of each model are counted, in one line as Django writes them and in many, and the numbers join the copy", async (t) => {
  for (const text of [`[${records.join(", ")}]`, `[\n${records.join(",\n")}\n]\n`]) {
    const { backups, copy } = handedOver(t, text);
    t.deepEqual(await count(backups), { code: 0, said: "edi-1: 3 records of 2 models in dumpdata.json\n" });
    const counted = "auth.user|1\nbots.transaction|2\n";
    t.is(readFileSync(join(copy, "dumpdata.json.records"), "utf8"), counted);
    t.is(
      readFileSync(join(copy, "SHA256SUMS"), "utf8"),
      `0  dump.sql.gz\n${createHash("sha256").update(counted).digest("hex")}  dumpdata.json.records\n`,
    );
  }
});

test("an empty fixture has no record, which is for the comparison with the tables to judge", async (t) => {
  const { backups, copy } = handedOver(t, "[]\n");
  t.deepEqual(await count(backups), { code: 0, said: "edi-1: 0 records of 0 models in dumpdata.json\n" });
  t.is(readFileSync(join(copy, "dumpdata.json.records"), "utf8"), "");
});

test("a fixture of 60 MB in one line is read with a fifth of it as memory", async (t) => {
  const { backups, copy } = handedOver(t);
  const piece = Array.from({ length: 64 }, (_, index) =>
    record("bots.transaction", index, "ISA*00*".repeat(2_000)),
  ).join(", ");
  const pieces = Array.from({ length: 67 }, (_, index) => `${index === 0 ? "[" : ", "}${piece}`);
  t.true(piece.length * pieces.length > 60_000_000);
  await pipeline(
    Readable.from([...pieces, "]"]),
    createGzip({ level: 1 }),
    createWriteStream(join(copy, "dumpdata.json.gz")),
  );
  t.deepEqual(await count(backups, 12), { code: 0, said: "edi-1: 4288 records of 1 models in dumpdata.json\n" });
});

test("a fixture that is cut off, broken or followed by something fails with the reason, and no number joins the copy", async (t) => {
  const whole = `[${records.join(", ")}]`;
  const cases: [string | Uint8Array, string][] = [
    [whole.slice(0, -1), "the fixture ends before its array does, after 3 objects"],
    [whole.slice(0, 20), "the fixture ends before its array does, after 0 objects"],
    ["", "the fixture ends before its array does, after 0 objects"],
    ["[{", "the fixture ends before its array does, after 0 objects"],
    [`${whole}${whole}`, 'the fixture is not a JSON array of objects: found "[" after 3 objects'],
    [`${whole}x`, 'the fixture is not a JSON array of objects: found "x" after 3 objects'],
    ["CommandError: Unable to serialize", 'the fixture is not a JSON array of objects: found "C" after 0 objects'],
    [whole.replace('"pk":2', '"pk":02'), "object 2 of the fixture is not JSON"],
    [gzipSync(Buffer.from(whole.replace("é", "\xe9"), "latin1")), "The encoded data was not valid for encoding utf-8"],
    [gzipSync(whole).subarray(0, 60), "unexpected end of file"],
    [Buffer.from("no gzip"), "incorrect header check"],
  ];
  for (const [fixture, reason] of cases) {
    const { backups, copy } = handedOver(t, fixture);
    t.deepEqual(await count(backups), { code: 1, said: `FAILED: edi-1: dumpdata.json: ${reason}\n` });
    t.is(readFileSync(join(copy, "SHA256SUMS"), "utf8"), "0  dump.sql.gz\n", reason);
  }
});

test("what the fixture's writer counted in its snapshot must come out, model by model", async (t) => {
  const text = `[${records.join(", ")}]`;
  const cases = {
    "auth_user|1\nbots_transaction|2\nbots_tally|0\n": {
      code: 0,
      said: "edi-1: 3 records of 2 models in dumpdata.json\n",
    },
    "auth_user|1\nbots_transaction|3\n": {
      code: 1,
      said: "FAILED: edi-1: dumpdata.json: 2 records of bots.transaction, and 3 rows were counted when it was written\n",
    },
    "bots_transaction|2\n": {
      code: 1,
      said: "FAILED: edi-1: dumpdata.json: 1 records of auth.user, and 0 rows were counted when it was written\n",
    },
    "auth_user|1\nbots_transaction|2\nbots_tally|7\n": {
      code: 1,
      said: "FAILED: edi-1: dumpdata.json: 0 records of bots.tally, and 7 rows were counted when it was written\n",
    },
    "auth_user|1\nbots_transaction|\n": {
      code: 1,
      said: "FAILED: edi-1: dumpdata.json: 2 records of bots.transaction, and 0 rows were counted when it was written\n",
    },
  };
  for (const [counts, answer] of Object.entries(cases))
    t.deepEqual(await count(handedOver(t, text, counts).backups), answer);
});

test("a copy without a fixture is not taken for one with an empty fixture", async (t) => {
  const { backups, copy } = handedOver(t);
  t.deepEqual(await count(backups), {
    code: 1,
    said: `FAILED: edi-1: dumpdata.json: ENOENT: no such file or directory, open '${join(copy, "dumpdata.json.gz")}'\n`,
  });
});
