import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { reasonOf } from "../reason.ts";

/** Milliseconds to wait when nothing is due, and after a failure. */
export interface Pauses {
  readonly idle: number;
  readonly failure: number;
}

/** Does `work` for ever: at once again after it found something, after a pause otherwise. */
export function workForEver(
  work: () => Promise<boolean>,
  { idle, failure }: Pauses,
  log: Logger,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal }).catch(() => {});

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!(await work())) await pause(idle);
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, "queue not worked, trying again");
        await pause(failure);
      }
    }
  }
  const ended = run();
  return {
    /** Finishes what has begun and begins nothing new. */
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
