import { closeSync, existsSync, openSync, readSync } from "node:fs";
import type { EngineEvent } from "./engine-events.ts";

const headLength = 200;

/** Reads an event log while the engine writes it. */
export interface EventLog {
  /** The events that were added since the last call; a line that is not whole yet waits for the next. */
  next(): EngineEvent[];
}

/**
 * Follows a file. The engine writes a log for the preview of an update and begins the file anew for the update itself:
 * its first
 * line has another time then, so a file with another beginning is read from its start.
 */
export function eventLog(file: string): EventLog {
  let head: Buffer = Buffer.alloc(0);
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);
  return {
    next: () => {
      if (!existsSync(file)) return [];
      const descriptor = openSync(file, "r");
      try {
        const beginning = readFrom(descriptor, 0, headLength);
        if (!beginning.subarray(0, head.length).equals(head)) [position, rest] = [0, Buffer.alloc(0)];
        head = beginning;
        const added = readFrom(descriptor, position);
        position += added.length;
        const bytes = Buffer.concat([rest, added]);
        const end = bytes.lastIndexOf("\n") + 1;
        rest = bytes.subarray(end);
        return bytes
          .subarray(0, end)
          .toString()
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as EngineEvent);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

function readFrom(descriptor: number, from: number, most = Infinity): Buffer {
  const parts: Buffer[] = [];
  for (let at = from; at < from + most; ) {
    const part = Buffer.alloc(Math.min(1 << 20, from + most - at));
    const length = readSync(descriptor, part, 0, part.length, at);
    if (length === 0) break;
    parts.push(part.subarray(0, length));
    at += length;
  }
  return Buffer.concat(parts);
}
