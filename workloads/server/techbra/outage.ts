import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";

/** Tells the log of an outage when its reason is a new one, and not at every attempt. */
export function createOutage(log: Runtime["log"], message: string) {
  let lastReason: string | undefined;
  let failures = 0;
  return {
    /** Returns how many failures there were since the last success. */
    failed(error: unknown): number {
      failures += 1;
      const reason = reasonOf(error);
      if (reason !== lastReason) log.warn({ reason, failures }, message);
      lastReason = reason;
      return failures;
    },
    over(): void {
      if (failures > 0) log.info({ failures }, `over: ${message}`);
      failures = 0;
      lastReason = undefined;
    },
  };
}
