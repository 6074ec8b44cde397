import type { Alert } from "../../alerts/alert.ts";
import { p1ToP4 } from "../../alerts/severities.ts";

export const system = "techbra-ecommerce";
export const namespace = "techbra-test";
/** PromQL's matcher of the shop. */
export const here = `namespace="${namespace}"`;
/** The first look, where no other verb fits better. */
export const status = `npx runbook status ${system}`;

type Told = Pick<Alert, "name" | "summary" | "command">;

/** An alert about a share that is above a bound of T07 for a quarter of an hour. */
export const above = (
  percent: number,
  share: string,
  severity: Alert["severity"],
  told: Told & Pick<Alert, "for">,
): Alert => ({
  for: "15m",
  ...told,
  expr: `${share} > ${percent / 100}`,
  threshold: { value: percent / 100, unit: "ratio", row: "T07" },
  severity,
});

/** An alert about a histogram whose 95th percentile is above a bound of T07, for each value of a label. */
export const slower = (milliseconds: number, buckets: string, label: string, told: Told): Alert => ({
  ...told,
  expr: `histogram_quantile(0.95, sum by (namespace, ${label}, le) (rate(${buckets}[5m]))) > ${milliseconds / 1000}`,
  threshold: { value: milliseconds / 1000, unit: "seconds", row: "T07" },
  for: "10m",
  severity: p1ToP4.P2,
});
