import type { Duration } from "../workload/units.ts";

/** How bad an alert is, on the scale of its system's runbook (P14, T14). */
export interface Severity {
  /** The scale's own word: `P1`, `critical`. */
  readonly level: string;
  /** How soon somebody acts, in words: `within 30 minutes`. */
  readonly response: string;
  /** A page wakes a person, a message waits in the team's channel, a ticket waits for a working day. */
  readonly notify: "page" | "message" | "ticket";
}

/** The number that an alert looks at. */
export interface Threshold {
  readonly value: number;
  /** A ratio of 0.05 is shown as 5 %. */
  readonly unit: "ratio" | "seconds" | "per second" | "count";
  /** The row that asks for the number: `E13`. */
  readonly row: string;
}

/** One alert of one system: all that Prometheus, a person and a page need to know of it. */
export interface Alert {
  /** The runbook's own name where it has one. A system has a name once; two systems may share one. */
  readonly name: string;
  /** PromQL that has a result while something is wrong, with the threshold in it. */
  readonly expr: string;
  readonly threshold: Threshold;
  /** How long it is wrong before somebody is told. @default at once */
  readonly for?: Duration;
  readonly severity: Severity;
  /** One sentence. `{{ $labels.pod }}` stands for a label of the alert, here and in `command`. */
  readonly summary: string;
  /** The first thing to do, complete: `npx runbook …`. */
  readonly command: string;
  /** Alerts of the same system that say nothing new while this one fires. @default none */
  readonly hides?: readonly string[];
}

/** A query that Prometheus evaluates ahead of the alerts. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** What is watched of one system. */
export interface SystemAlerts {
  readonly system: string;
  /** Where the system runs. */
  readonly namespace: string;
  /** The runbook's scale, the worst first. */
  readonly severities: readonly Severity[];
  readonly records: readonly Recording[];
  readonly alerts: readonly Alert[];
}

/** The heading of an alert's section in docs/alerts.md. */
export const headingOf = (system: string, { name }: Pick<Alert, "name">): string => `${system} ${name}`;

/** The page of an alert, from the root of the checkout: `docs/alerts.md#bots-edi-botswebserverdown`. */
export const pageOf = (system: string, alert: Pick<Alert, "name">): string =>
  `docs/alerts.md#${headingOf(system, alert).toLowerCase().replaceAll(" ", "-")}`;

/** A threshold as a person reads it: `5 %`, `0.5 s`, `0.1 a second`, `1000`. */
export function thresholdText({ value, unit }: Threshold): string {
  const short = (number: number) => String(Number(number.toPrecision(4)));
  if (unit === "ratio") return `${short(value * 100)} %`;
  if (unit === "count") return short(value);
  if (unit === "per second") return `${short(value)} a second`;
  const [days, hours] = [value / 86_400, value / 3600];
  return days >= 2 ? `${short(days)} days` : hours >= 2 ? `${short(hours)} hours` : `${short(value)} s`;
}

/** A text with the values of labels in place of `{{ $labels.pod }}`; what has no value is left empty. */
export const filled = (text: string, labels: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "");

/** A text with the names of labels in place of `{{ $labels.pod }}`, as a person writes them: `<pod>`. */
export const open = (text: string): string => text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "<$1>");
