import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, startTime } from "./local/processes.ts";
import type { Print } from "./progress.ts";
import { undoing } from "./undo.ts";

interface Owner {
  readonly pid: number;
  readonly started: string;
}

/**
 * Runs `work` while no other process holds the lock. A lock whose owner is gone is taken over; a living owner is waited
 * for and named, and its lock is looked at every `poll` milliseconds: 500 unless given.
 */
export async function withLock<T>(file: string, print: Print, work: () => Promise<T>, poll = 500): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const claim = `${file}.${process.pid}`;
  writeFileSync(claim, JSON.stringify({ pid: process.pid, started: startTime(process.pid) } satisfies Owner));
  const release = () => rmSync(file, { force: true });
  try {
    for (let told = false; !acquire(claim, file); await sleep(poll)) {
      const owner = readOwner(file);
      if (owner && !isAlive(owner)) takeOver(file, owner);
      else if (!told) {
        print(`waiting for process ${owner?.pid ?? "?"}, which holds ${file}`);
        told = true;
      }
    }
  } finally {
    rmSync(claim, { force: true });
  }
  return undoing(release, work);
}

/** A hard link either appears with its content or not at all. */
function acquire(claim: string, file: string): boolean {
  try {
    linkSync(claim, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead owner's lock aside; what turns out to be somebody's fresh one goes back. */
function takeOver(file: string, dead: Owner): void {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
    if (JSON.stringify(readOwner(aside)) !== JSON.stringify(dead)) linkSync(aside, file);
  } catch {
    // another waiter was faster
  } finally {
    rmSync(aside, { force: true });
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Owner;
  } catch {
    return undefined; // released in this very moment
  }
}
