import { setTimeout as sleep } from "node:timers/promises";
import { ApiException } from "@kubernetes/client-node";
import { answerOf } from "../api-answer.ts";
import { Interrupted } from "./errors.ts";
import type { Scope } from "./verb.ts";

/** What one look saw: whether the wait is over, and how things are. */
export interface Look<Value = undefined> {
  readonly done: boolean;
  readonly state: string;
  readonly value?: Value;
}

/** How long to wait. */
export interface Bound {
  /** What is waited for: `StatefulSet postgres to be Ready`. */
  readonly what: string;
  readonly seconds: number;
}

/**
 * Looks until it is done, and says how things are whenever that changes. An API server that is away for a moment is
 * waited for as well. Throws
 * behind the bound with the last state, and {@link Interrupted} where a person wants to stop; what `look` throws ends
 * the wait.
 */
export async function until<Value = undefined>(
  { what, seconds }: Bound,
  { progress, signal, interval }: Scope,
  look: () => Promise<Look<Value>>,
): Promise<Value> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const { done, state, value } = await look().catch((error: unknown): Look<Value> => {
      if (!passing(error)) throw error;
      return { done: false, state: `the API server does not answer: ${answerOf(error)}` };
    });
    if (signal.aborted) throw new Interrupted(`while waiting for ${what}: ${state}`);
    progress(`  ${state}`);
    if (done) return value!;
    if (performance.now() > end) throw new Error(`waited ${seconds} s for ${what}, in vain: ${state}`);
    await sleep(interval, undefined, { signal }).catch(() => {}); // the next look says that it was aborted
  }
}

/** Whether an error is the API server's and goes by itself. One that refuses has made up its mind. */
function passing(error: unknown): boolean {
  if (error instanceof ApiException) return error.code === 429 || error.code >= 500;
  return (
    error instanceof Error &&
    /ECONN|EAI_AGAIN|ETIMEDOUT|socket hang up|fetch failed|premature close/i.test(
      `${error.message} ${error.cause instanceof Error ? error.cause.message : ""} ${(error as NodeJS.ErrnoException).code ?? ""}`,
    )
  );
}
