import { closeSync, fstatSync, openSync, readdirSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type DestinationStream, type Logger, multistream, symbols } from "pino";
import { reasonOf } from "../reason.ts";

export interface LogFileOptions {
  readonly directory: string;
  /** What the names of this process's files begin with; no two running processes share one. */
  readonly prefix: string;
  /** Size at which the next file begins. */
  readonly maxBytes: number;
  /** Files of this prefix that stay, the open one included; age is for the log cleanup to judge. */
  readonly kept: number;
  readonly now?: () => Date;
}

/**
 * Files that log lines are appended to, a new one at each size and each UTC day; the last one is open until the process
 * ends. Never throws: a disk that is full costs
 * the copy of a line and not the request. `trouble` hears of it when it begins, and not at every line.
 */
export function openLogFiles(
  { directory, prefix, maxBytes, kept, now = () => new Date() }: LogFileOptions,
  trouble: (reason: string) => void,
): DestinationStream {
  let current: { readonly fd: number; readonly day: string } | undefined;
  let lastCode: string | undefined;
  let sequence = 0;
  const own = (name: string) =>
    name.startsWith(`${prefix}-`) && /^\d{8}T\d{9}Z-\d{4}\.log$/.test(name.slice(prefix.length + 1));
  const dayOf = (time: Date) => time.toISOString().slice(0, 10);

  function next(time: Date): number {
    if (current) closeSync(current.fd);
    current = undefined;
    const stamp = time.toISOString().replace(/[-:.]/g, "");
    const fd = openSync(
      join(directory, `${prefix}-${stamp}-${String((sequence += 1) % 10_000).padStart(4, "0")}.log`),
      "ax",
      0o640,
    );
    current = { fd, day: dayOf(time) };
    for (const name of readdirSync(directory).filter(own).sort().slice(0, -kept)) unlinkSync(join(directory, name));
    return fd;
  }

  function append(line: string): void {
    const time = now();
    const fits =
      current && current.day === dayOf(time) && fstatSync(current.fd).size + Buffer.byteLength(line) <= maxBytes;
    writeSync(fits ? current!.fd : next(time), line);
  }

  return {
    write(line) {
      try {
        append(line);
        lastCode = undefined;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === lastCode) return;
        lastCode = code;
        trouble(reasonOf(error));
      }
    },
  };
}

/** Sends every further line of a logger to a second place too. */
export function addStream(log: Logger, stream: DestinationStream): void {
  const place = log as unknown as Record<symbol, DestinationStream>;
  // "trace": what is logged at all was decided by the logger's own level.
  place[symbols.streamSym] = multistream(
    [place[symbols.streamSym]!, stream].map((each) => ({ level: "trace", stream: each })),
  );
}
