import type { Alert, Recording, Severity } from "./alert.ts";

/** A share of requests that may be bad, and the query that says how many are. */
interface Budget {
  readonly system: string;
  /** What is bad: failed requests, or those slower than the objective. */
  readonly of: "errors" | "latency";
  /** The share that may be bad: 0.001 for 99.9 %. */
  readonly budget: number;
  /** The row with the objective. */
  readonly row: string;
  /** PromQL of the share that was bad over a window, by namespace and whatever names the service. */
  readonly bad: (window: string) => string;
  /** Who is told when the budget of 30 days is gone in days, and who when it is gone in weeks. */
  readonly severities: { readonly fast: Severity; readonly slow: Severity };
  readonly command: string;
}

/** A "p95 below 200 ms" lets 5 % of the requests be slower. */
export const slowerThanP95 = 0.05;

/** Windows over which the budget burns, each with a short one that ends the alert soon after the fault. */
const fast = [
  { long: "1h", short: "5m", times: 14.4 },
  { long: "6h", short: "30m", times: 6 },
] as const;
const slow = [
  { long: "1d", short: "2h", times: 3 },
  { long: "3d", short: "6h", times: 1 },
] as const;

/**
 * Alerts about how fast the budget of 30 days is spent, and the ratios that they read: 2 % in an hour or 5 % in six
 * tell somebody at once, 10 % in one or three days is for a working day.
 */
export function burnRates({ system, of, budget, row, bad, severities, command }: Budget): {
  readonly records: readonly Recording[];
  readonly alerts: readonly Alert[];
} {
  const ratio = (window: string) => `slo:${of}:ratio_rate${window}{system="${system}"}`;
  const burning = (windows: typeof fast | typeof slow) =>
    windows
      .map(({ long, short, times }) => {
        const share = Number((times * budget).toPrecision(12));
        return `(${ratio(long)} > ${share} and ${ratio(short)} > ${share})`;
      })
      .join("\nor\n");
  const name = { errors: "ErrorBudget", latency: "LatencyBudget" }[of];
  const what = { errors: "fail", latency: "are slower than the objective" }[of];
  const alert = (speed: "Fast" | "Slow", days: string) => ({
    name: `${name}Burn${speed}`,
    threshold: { value: budget, unit: "ratio", row } as const,
    command,
    summary: `So many requests ${what} that the month's budget is gone in ${days}.`,
  });
  return {
    records: ["5m", "30m", "1h", "2h", "6h", "1d", "3d"].map((window) => ({
      record: `slo:${of}:ratio_rate${window}`,
      expr: bad(window),
    })),
    alerts: [
      { ...alert("Fast", "days"), expr: burning(fast), severity: severities.fast, hides: [`${name}BurnSlow`] },
      { ...alert("Slow", "weeks"), expr: burning(slow), severity: severities.slow },
    ],
  };
}

/** Share of requests above a bound of the histogram. Prometheus 3 writes a bound of 1 as `1.0`, and 2 as it came. */
export function slowerThan(metric: string, matchers: string, seconds: number, by = "namespace") {
  const le = Number.isInteger(seconds) ? `le=~"${seconds}|${seconds}.0"` : `le="${seconds}"`;
  return (window: string): string => `1 - sum by (${by}) (rate(${metric}_bucket{${matchers}, ${le}}[${window}]))
/ sum by (${by}) (rate(${metric}_count{${matchers}}[${window}]))`;
}

/** Share of one counter in another. */
export const share =
  (bad: string, all: string, by = "namespace") =>
  (window: string): string =>
    `sum by (${by}) (rate(${bad}[${window}]))\n/ sum by (${by}) (rate(${all}[${window}]))`;
