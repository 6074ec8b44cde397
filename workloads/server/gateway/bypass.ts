import { Counter } from "prom-client";
import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";

/** What goes on without Redis, and must be seen to. */
export interface Bypass {
  /** Counts one time that Redis was not asked with success, and logs each new reason once, not at every request. */
  failed(error: unknown): void;
  /** Redis answers again: the next reason is new. */
  worked(): void;
}

/** A bypass with the counter `name`; `message` is what the log says is no longer done. */
export function createBypass(
  { name, help, message }: { readonly name: string; readonly help: string; readonly message: string },
  { log, metrics }: Runtime,
): Bypass {
  const counter = new Counter({ name, help, registers: [metrics.registry] });
  let lastReason = "";
  return {
    failed(error) {
      counter.inc();
      const reason = reasonOf(error);
      if (reason !== lastReason) log.warn({ reason }, message);
      lastReason = reason;
    },
    worked() {
      lastReason = "";
    },
  };
}
