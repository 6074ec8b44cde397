import { spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemEnvironment } from "../shell.ts";

/** A process that can be told from a later one with the same number. */
export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks since boot at its start, as the kernel has it. */
  readonly started: string;
}

/** When a process started; empty when it is gone or this is not Linux. */
export function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/** Whether some process, anybody's, has this number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Whether the very process of a record still runs; one that only waits to be reaped does not. */
export function isAlive({ pid, started }: ProcessRecord): boolean {
  if (!isRunning(pid) || startTime(pid) !== started) return false;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return process.platform !== "linux";
  }
}

/** Between two looks at a process that is to end, in ms. */
const usualPoll = 100;

/** Starts and stops named background processes, which are recorded in files and outlive this one. */
export class ProcessTable {
  readonly folder: string;
  readonly poll: number;

  /** `poll` is that of `stopProcess`. */
  constructor(folder: string, poll = usualPoll) {
    this.folder = folder;
    this.poll = poll;
  }

  record(name: string): ProcessRecord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, `${name}.json`), "utf8")) as ProcessRecord;
    } catch {
      return undefined;
    }
  }

  isRunning(name: string): boolean {
    const record = this.record(name);
    return record !== undefined && isAlive(record);
  }

  names(): string[] {
    try {
      return readdirSync(this.folder)
        .filter((file) => file.endsWith(".json"))
        .map((file) => basename(file, ".json"));
    } catch {
      return [];
    }
  }

  /**
   * Starts a process unless it runs already; its output goes to `<folder>/<name>.log`. Returns whether it was started.
   */
  start(name: string, program: string, args: readonly string[]): boolean {
    if (this.isRunning(name)) return false;
    mkdirSync(this.folder, { recursive: true });
    const log = openSync(join(this.folder, `${name}.log`), "a");
    try {
      const child = spawn(program, args, { detached: true, stdio: ["ignore", log, log], env: systemEnvironment() });
      child.on("error", () => {}); // a missing program shows as a process that is not there
      if (child.pid === undefined) throw new Error(`${program} does not start`);
      writeFileSync(
        join(this.folder, `${name}.json`),
        JSON.stringify({ pid: child.pid, started: startTime(child.pid) } satisfies ProcessRecord),
      );
      child.unref();
    } finally {
      closeSync(log);
    }
    return true;
  }

  /** Ends a process by its record: asks first, then forces. Does nothing when it is gone. */
  async stop(name: string, graceSeconds = 10): Promise<void> {
    const record = this.record(name);
    if (record) await stopProcess(record, graceSeconds, this.poll);
    rmSync(join(this.folder, `${name}.json`), { force: true });
  }

  lastLines(name: string, count = 5): string {
    try {
      return readFileSync(join(this.folder, `${name}.log`), "utf8")
        .trimEnd()
        .split("\n")
        .slice(-count)
        .join("\n");
    } catch {
      return "(no log)";
    }
  }
}

/** Asks a process to end, then forces it; looks every `poll` milliseconds, 100 unless given, whether it is gone. */
export async function stopProcess(record: ProcessRecord, graceSeconds: number, poll = usualPoll): Promise<void> {
  for (const [signal, seconds] of [
    ["SIGTERM", graceSeconds],
    ["SIGKILL", 5],
  ] as const) {
    if (!isAlive(record)) return;
    process.kill(record.pid, signal);
    for (let waited = 0; waited < seconds * 1_000 && isAlive(record); waited += poll) await sleep(poll);
  }
}
