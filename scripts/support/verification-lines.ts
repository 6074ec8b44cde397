import type { Check, Verified } from "../../operations/verify.ts";
import { some } from "./wording.ts";

/** What passed of each kind, in words. */
const passing: Readonly<Record<Check["about"], (count: number) => string>> = {
  workload: (count) => `${some(count, "workload")} Ready`,
  endpoint: (count) => `${some(count, "health endpoint")} ${count === 1 ? "answers" : "answer"}`,
  backup: (count) => `${some(count, "backup")} as new as scheduled`,
  "public host": (count) => `${some(count, "check")} of public hosts`,
};

/**
 * A system as a person reads it, in one line where all is well, with each failure in full; and each check as it goes
 * into the log.
 */
export function verificationLines({ system, checks, unchecked }: Verified): {
  readonly lines: readonly string[];
  readonly details: readonly string[];
} {
  const line = ({ passed, name, detail }: Check) => `${passed ? "ok  " : "FAIL"} ${system}: ${name}: ${detail}`;
  const failed = checks.filter(({ passed }) => !passed);
  const kinds = Object.keys(passing) as Check["about"][];
  const counts = kinds
    .map((about) => [about, checks.filter((check) => check.passed && check.about === about).length] as const)
    .filter(([, count]) => count > 0);
  const passed = counts.map(([about, count]) => passing[about](count)).join(", ") || "nothing to look at";
  const skipped =
    unchecked.length > 0
      ? [`not checked, because the node is simulated and no container runs: ${unchecked.join(", ")}`]
      : [];
  return {
    lines: [
      ...skipped,
      ...failed.map(line),
      failed.length === 0 ? `ok   ${system}: ${passed}` : `     ${system}: the rest passes: ${passed}`,
    ],
    details: [...skipped, ...checks.map(line)],
  };
}
