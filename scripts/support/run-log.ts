import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { removeLeftovers } from "../../cluster/leftovers.ts";
import { stateFolder } from "./checkout.ts";

/** How many logs of a stack are kept. */
const kept = 10;

/** All that one run of a command printed or had printed. */
export interface RunLog {
  readonly file: string;
  /** Open for appending: a program that writes to it goes on when this process is gone. */
  readonly descriptor: number;
  /** Where the engine writes its events; the file goes with {@link RunLog.close}. */
  readonly events: string;
  add(line: string): void;
  /** The last lines, for an end of which nothing else says why. */
  tail(lines: number): string[];
  close(): void;
}

/** Opens the log of a command on a stack, readable by its owner alone, and removes all but the newest few. */
export function runLog(stack: string, command: "up" | "preview", state = stateFolder, now = new Date()): RunLog {
  const folder = join(state, "stacks", stack, "logs");
  mkdirSync(folder, { recursive: true });
  removeLeftovers(folder, /^events-(\d+)\.jsonl$/); // an update that was killed leaves its own, which is megabytes large
  const old = readdirSync(folder)
    .filter((name) => /^(up|preview)-.*\.log$/.test(name))
    .sort((one, other) => timeOf(one).localeCompare(timeOf(other)));
  for (const name of old.slice(0, Math.max(0, old.length - kept + 1))) rmSync(join(folder, name), { force: true });
  const file = join(folder, `${command}-${now.toISOString().replaceAll(/[:.]/g, "-")}.log`);
  const events = join(folder, `events-${process.pid}.jsonl`);
  const descriptor = openSync(file, "a", 0o600);
  return {
    file,
    descriptor,
    events,
    add: (line) => void writeSync(descriptor, `${line}\n`),
    tail: (lines) => readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines),
    close: () => {
      closeSync(descriptor);
      rmSync(events, { force: true });
    },
  };
}

const timeOf = (name: string): string => name.replace(/^[a-z]+-/, "");
