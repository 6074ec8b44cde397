// Reads the fixture of the copy that this pod made to its end, and writes the records of each model beside it:
// model|records.
// Needs Node.js and ./fixture.ts, and no more memory for a larger fixture. BACKUPS and HOSTNAME are those of copy.sh.
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, gunzipSync } from "node:zlib";
import { labelOf, readCounts, readObjects, writeCounts } from "./fixture.ts";

const { BACKUPS = "", HOSTNAME = "" } = process.env;

/** Text of bytes that come piece by piece. Throws where they are not UTF-8. */
async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

async function countRecords(file: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await pipeline(createReadStream(file), createGunzip(), async (bytes: AsyncIterable<Uint8Array>) => {
    for await (const { model } of readObjects(decoded(bytes))) counts.set(model, (counts.get(model) ?? 0) + 1);
  });
  return new Map([...counts].sort());
}

/** What the fixture's writer counted in the snapshot it read, by model; Django's own counts nothing. */
async function expected(file: string): Promise<Map<string, number> | undefined> {
  if (!existsSync(file)) return undefined;
  return new Map(
    [...readCounts(gunzipSync(await readFile(file)).toString())].map(([table, rows]) => [labelOf(table), rows]),
  );
}

async function main(copy: string): Promise<string> {
  const counts = await countRecords(join(copy, "dumpdata.json.gz"));
  const counted = await expected(join(copy, "dumpdata.json.counts.gz"));
  for (const model of counted ? new Set([...counts.keys(), ...counted.keys()]) : []) {
    const [found = 0, rows = 0] = [counts.get(model), counted!.get(model)];
    if (found !== rows)
      throw new Error(`${found} records of ${model}, and ${rows} rows were counted when it was written`);
  }
  const records = writeCounts(counts);
  await writeFile(join(copy, "dumpdata.json.records"), records, { mode: 0o600 });
  await appendFile(
    join(copy, "SHA256SUMS"),
    `${createHash("sha256").update(records).digest("hex")}  dumpdata.json.records\n`,
  );
  return `${[...counts.values()].reduce((sum, count) => sum + count, 0)} records of ${counts.size} models in dumpdata.json`;
}

const say = (text: string) => `${new Date().toISOString().replace(/\.\d+/, "")} ${text}\n`;
const copy = (await readFile(join(BACKUPS, "incoming", `current-${HOSTNAME}`), "utf8")).trim();
try {
  process.stdout.write(say(`${basename(copy)}: ${await main(copy)}`));
} catch (error) {
  process.stderr.write(say(`FAILED: ${basename(copy)}: dumpdata.json: ${(error as Error).message}`));
  process.exitCode = 1;
}
