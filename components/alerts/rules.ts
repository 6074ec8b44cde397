import { type Alert, pageOf, type Recording, type SystemAlerts, thresholdText } from "./alert.ts";

/** A rule as Prometheus reads it. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Rules that Prometheus evaluates one after another: what an alert reads comes before it. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/**
 * The rules of one system. `pages` is where people find this checkout's files, such as
 * `https://git.example.com/platform/blob/main`.
 * @default pages are named by their path in the checkout
 */
export const ruleGroup = ({ system, records, alerts }: SystemAlerts, pages?: string): RuleGroup => ({
  name: system,
  rules: [
    ...records.map((recording) => recorded(system, recording)),
    ...alerts.map((alert) => alerting(system, alert, pages)),
  ],
});

const recorded = (system: string, { record, expr }: Recording): Rule => ({ record, expr, labels: { system } });

/** Labels say who is told, and annotations what is wrong, how soon it counts, and what to do. */
const alerting = (system: string, alert: Alert, pages: string | undefined): Rule => ({
  alert: alert.name,
  expr: alert.expr,
  ...(alert.for && { for: alert.for }),
  labels: { system, severity: alert.severity.level, notify: alert.severity.notify },
  annotations: {
    summary: alert.summary,
    threshold: thresholdText(alert.threshold),
    response: alert.severity.response,
    command: alert.command,
    runbook_url: `${pages === undefined ? "" : `${pages.replace(/\/$/, "")}/`}${pageOf(system, alert)}`,
  },
});

/** The watch of the watch: an alert that always fires, whose end says that nobody would be told of any other. */
const watchGroup: RuleGroup = {
  name: "watch",
  rules: [
    {
      alert: "Watchdog",
      expr: "vector(1)",
      labels: { notify: "watchdog" },
      annotations: { summary: "It always fires: where it is no longer received, no alert is." },
    },
  ],
};

/** All of Prometheus' rule file: for a Prometheus that runs without its operator. */
export const ruleFile = (
  systems: readonly SystemAlerts[],
  pages?: string,
): { readonly groups: readonly RuleGroup[] } => ({
  groups: [watchGroup, ...systems.map((each) => ruleGroup(each, pages))],
});
