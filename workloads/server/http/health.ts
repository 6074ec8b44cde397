import { reasonOf } from "../reason.ts";

/** Something a role depends on. */
export interface Check {
  readonly name: string;
  /**
   * required: without it the role is not ready. optional: without it the role works less well, and says so.
   * informative: another service, asked for by the public health endpoint only, so that no outage cascades.
   */
  readonly need: "required" | "optional" | "informative";
  /** Resolves to a detail worth showing; rejects when the dependency does not work. */
  run(): Promise<string>;
}

export interface CheckResult {
  readonly name: string;
  readonly need: Check["need"];
  readonly ok: boolean;
  readonly detail: string;
  readonly milliseconds: number;
}

/** A check that takes longer has failed, in ms: below the five seconds of a readiness probe. */
const checkTimeout = 2_000;

/** Runs checks side by side. */
export function runChecks(checks: readonly Check[], timeout = checkTimeout): Promise<CheckResult[]> {
  return Promise.all(
    checks.map(async ({ name, need, run }) => {
      const started = performance.now();
      const result = await withTimeout(run, timeout).then(
        (detail) => ({ ok: true, detail }),
        (error: unknown) => ({ ok: false, detail: reasonOf(error) }),
      );
      return { name, need, ...result, milliseconds: Math.round(performance.now() - started) };
    }),
  );
}

async function withTimeout(run: () => Promise<string>, milliseconds: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([run(), late]).finally(() => clearTimeout(timer));
}

/** "unavailable" when something required is missing, "degraded" when anything else is. */
export function overall(results: readonly CheckResult[]): "ok" | "degraded" | "unavailable" {
  const missing = results.filter(({ ok }) => !ok);
  if (missing.some(({ need }) => need === "required")) return "unavailable";
  return missing.length > 0 ? "degraded" : "ok";
}

/** The results by their names, as health answers show them. */
export const byName = (results: readonly CheckResult[]) =>
  Object.fromEntries(
    results.map(({ name, need, ok, detail, milliseconds }) => [
      name,
      { status: ok ? "ok" : "unavailable", need, detail, milliseconds },
    ]),
  );
