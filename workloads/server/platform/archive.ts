import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { AuditEvent } from "./audit-events.ts";
import { csvHeader, csvRecord, recordIds } from "./csv.ts";

/** A file of events that was read back and found whole. */
export interface Archive {
  readonly name: string;
  /** Of the compressed file, in hexadecimal; also beside it in NAME.sha256, as sha256sum reads it. */
  readonly sha256: string;
  readonly ids: readonly string[];
}

/**
 * Writes events to a compressed CSV file with a name of its own, reads it back, and only then gives it that name.
 * Rejects, and leaves nothing behind, when the file cannot be written or is not what was written.
 */
export async function writeArchive(
  directory: string,
  pages: AsyncIterable<readonly AuditEvent[]>,
  now = new Date(),
): Promise<Archive> {
  const name = `audit-${now.toISOString().replace(/[-:]|\.\d+/g, "")}-${randomBytes(4).toString("hex")}.csv.gz`;
  const path = join(directory, name);
  const partial = `${path}.partial`;
  try {
    const written = await write(partial, pages);
    await verify(partial, written);
    await writeFile(`${path}.sha256`, `${written.sha256}  ${name}\n`, { flag: "wx", mode: 0o640, flush: true });
    await rename(partial, path);
    await syncFolder(directory);
    return { name, ...written };
  } catch (error) {
    await Promise.all([partial, path, `${path}.sha256`].map((file) => rm(file, { force: true })));
    throw error;
  }
}

async function write(path: string, pages: AsyncIterable<readonly AuditEvent[]>): Promise<Omit<Archive, "name">> {
  const ids: string[] = [];
  const hash = createHash("sha256");
  async function* records() {
    yield csvHeader;
    for await (const page of pages) {
      for (const { id } of page) ids.push(id);
      yield page.map(csvRecord).join("");
    }
  }
  // flush: on the disk, and not in its cache, before it counts as written.
  await pipeline(
    records(),
    createGzip(),
    hashed(hash),
    createWriteStream(path, { flags: "wx", mode: 0o640, flush: true }),
  );
  return { sha256: hash.digest("hex"), ids };
}

/** Reads a file back. Rejects unless its hash and the ids of its records are exactly those given. */
export async function verify(path: string, { sha256, ids }: Omit<Archive, "name">): Promise<void> {
  const hash = createHash("sha256");
  let count = 0;
  await pipeline(
    createReadStream(path),
    hashed(hash),
    createGunzip().setEncoding("utf8"),
    async (text: AsyncIterable<string>) => {
      for await (const id of recordIds(text)) {
        if (id !== ids[count])
          throw new Error(`record ${count + 1} of the archive is event ${id} and not ${ids[count] ?? "its end"}`);
        count += 1;
      }
    },
  );
  if (count !== ids.length) throw new Error(`the archive holds ${count} of ${ids.length} events`);
  const found = hash.digest("hex");
  if (found !== sha256) throw new Error(`the archive has the SHA-256 ${found} and not ${sha256}`);
}

/** Hands data on unchanged and adds it to a hash. */
const hashed = (hash: ReturnType<typeof createHash>) =>
  new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });

/** Makes new names in a folder outlive a power cut. */
async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory);
  await folder.sync().finally(() => folder.close());
}
