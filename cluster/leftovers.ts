import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isRunning } from "./local/processes.ts";

/**
 * Removes what processes left in a folder that are gone: one that was killed cannot do it itself. The group of
 * `pattern` is the process's number in a
 * name. What belongs to another user stays, and a folder that is not there has nothing.
 */
export function removeLeftovers(folder: string, pattern: RegExp): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, pid] = pattern.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // Another user's: theirs to remove.
    }
  }
}
