import { createHash } from "node:crypto";
import { readdir, readFile, rename, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Statements } from "../data/mysql-session.ts";
import { describe } from "./formats.ts";
import type { Home } from "./home.ts";
import { payloadLimit } from "./payload.ts";
import { enqueue } from "./transactions.ts";

/** Names of files that are still being written, or that are done with. */
const passedOver = /^\.|\.(tmp|part|partial|old)$/i;

/** Files that have arrived and were not changed in the last seconds, by name. */
export async function arrivedFiles({ infile }: Home, settleSeconds: number, now = Date.now()): Promise<string[]> {
  const entries = await readdir(infile, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && !passedOver.test(entry.name))
    .map(({ name }) => name)
    .sort();
  const ages = await Promise.all(names.map(async (name) => now - (await stat(join(infile, name))).mtimeMs));
  return names.filter((_, index) => ages[index]! >= settleSeconds * 1_000);
}

/** Bytes that a name may have in a folder. */
const nameLimit = 255;

/**
 * Name of an imported file under botssys/data: NAME.ID.old, where NAME is cut when the whole would be too long for a
 * folder.
 */
export function archivedName(name: string, id: number): string {
  const end = `.${id}.old`;
  const room = nameLimit - end.length;
  if (Buffer.byteLength(name) <= room) return `${name}${end}`;
  // A character that is cut in two is left out.
  return `${new TextDecoder().decode(Buffer.from(name).subarray(0, room), { stream: true })}${end}`;
}

/**
 * Makes a transaction of a file and only then moves it to botssys/data under its archived name. After a crash between
 * the two the file
 * is found again, and its content is known: the same content is imported once, under whatever name it comes.
 */
export async function importFile(
  database: Statements,
  { infile, data }: Home,
  name: string,
): Promise<{ readonly id: number; readonly repeated: boolean }> {
  const path = join(infile, name);
  const { size } = await stat(path);
  if (size > payloadLimit) throw new Error(`the file has ${size} bytes and a payload at most ${payloadLimit}`);
  const bytes = await readFile(path);
  const payload = decode(bytes);
  const dedupKey = `file:${createHash("sha256").update(bytes).digest("hex")}`;
  const { editype, partner, messagetype } = describe(payload);
  const { id, repeated } = await enqueue(database, {
    editype,
    partner: partner.slice(0, 64),
    messagetype: messagetype.slice(0, 64),
    payload,
    dedupKey,
    fileName: name.slice(0, 255),
  });
  const now = new Date();
  // Old files are cleaned up by their age, which begins now and not when the partner wrote them (E15).
  await utimes(path, now, now);
  await rename(path, join(data, archivedName(name, id)));
  return { id, repeated };
}

/** EDI is ASCII, UTF-8 or ISO 8859-1. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
