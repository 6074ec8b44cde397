import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";

/** Who runs a verb, and under which name the run is found again. */
export interface Run {
  /** `20260131t020500-9f3a`: sorts by time, and fits into the name of an object. */
  readonly id: string;
  /** `user@host`. */
  readonly who: string;
  readonly verb: string;
  /** The line that starts it again. */
  readonly line: string;
}

export const newRun = (verb: string, line: string, now: Date): Run => ({
  id: `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").toLowerCase()}-${randomBytes(2).toString("hex")}`,
  who: `${userName()}@${hostname()}`,
  verb,
  line,
});

/** A user without an entry in the password file has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}
