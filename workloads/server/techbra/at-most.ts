import { setTimeout as sleep } from "node:timers/promises";

/** Waits for `work`, but not for more than so many milliseconds; what takes longer goes on unheeded. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, sleep(milliseconds, undefined, { signal: over.signal })]);
  } finally {
    // A timer that is left would keep the process alive.
    over.abort();
  }
}
