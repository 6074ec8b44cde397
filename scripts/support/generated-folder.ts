import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A folder that holds somebody's own files. */
export class ForeignFolder extends Error {
  override readonly name = "ForeignFolder";
}

/**
 * Writes files, by name, into a folder that is new, empty, or one that this function wrote for the same `marker`: a
 * file name, whose text is
 * empty unless `files` have it. Files of an earlier run go. An interrupted run leaves the old folder as it was. Throws
 * {@link ForeignFolder}.
 */
export function writeGenerated(folder: string, marker: string, files: ReadonlyMap<string, string>): void {
  refuseForeign(folder, marker);
  const fresh = `${folder}.new-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  for (const [name, text] of [[marker, ""] as const, ...files]) writeFileSync(join(fresh, name), text);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** Throws {@link ForeignFolder} where {@link writeGenerated} would, before the work is done. */
export function refuseForeign(folder: string, marker: string): void {
  const existing = entries(folder);
  if (existing.length > 0 && !existing.includes(marker))
    throw new ForeignFolder(`${folder} holds files that this command did not write: name an empty or new folder`);
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
