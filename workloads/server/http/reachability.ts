import type { Check } from "./health.ts";

/** Another service's answer must come within this many ms: less than a check may take. */
const timeout = 1_000;

/** Passes when another service answers its health endpoint with success. */
export const reachability = (name: string, url: string): Check => ({
  name,
  need: "informative",
  async run() {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`answers ${response.status}`);
    return "reachable";
  },
});
