import { type Alert, filled, open, type SystemAlerts, thresholdText } from "../../../components/alerts/alert.ts";
import { systemAlerts } from "../../../components/systems/alerts.ts";
import { columns } from "../../../policies/gates/check/formats/table.ts";
import { age } from "../../backup-age.ts";
import { alertRules, type SeenAlert, type SeenRule } from "../../prometheus.ts";
import { UsageError } from "../errors.ts";
import { type Fact, measured, no, notMeasured, yes } from "../fact.ts";
import type { ReadingVerb } from "../verb.ts";

/** Lists what is watched, and what fires of it, why, and what to do (P09, E13, G10, T07). */
export const alerts: ReadingVerb = {
  kind: "reads",
  name: "alerts",
  summary:
    "List the alerts of a system with what to do; where a Prometheus is named, say of each whether it fires, since when and why.",
  names: [],
  options: [
    {
      flags: "--prometheus <url>",
      description: "address of the Prometheus that has the rules, such as http://127.0.0.1:9090",
    },
  ],
  rights: [],
  examples: ["alerts", "alerts bots-edi --prometheus http://127.0.0.1:9090"],
  async look({ system }, { now, signal }, { options }) {
    const own = systemAlerts.find((each) => each.system === system);
    if (own === undefined) return { facts: [notMeasured(`alerts of ${system}`, "it has none")] };
    const prometheus = options["prometheus"] as string | undefined;
    if (prometheus === undefined) return { facts: [], lines: listed(own), data: own.alerts };
    if (!/^https?:\/\/./.test(prometheus))
      throw new UsageError(`--prometheus "${prometheus}" is no address: write http://HOST:PORT`);
    return {
      facts: await measured(`alerts of ${system}`, async () => {
        const rules = await alertRules(prometheus, signal);
        return own.alerts.flatMap((alert) => seen(alert, ruleOf(system, alert, rules), now()));
      }),
    };
  },
};

const listed = ({ alerts: all }: SystemAlerts): string[] =>
  columns(
    all.map(({ name, severity, threshold, for: lasting, command }) => [
      `  ${name}`,
      severity.level,
      `${thresholdText(threshold)}${lasting ? ` for ${lasting}` : ""}`,
      open(command),
    ]),
  ).split("\n");

const ruleOf = (system: string, { name }: Alert, rules: readonly SeenRule[]): SeenRule | undefined =>
  rules.find((rule) => rule.name === name && rule.labels["system"] === system);

function seen(alert: Alert, rule: SeenRule | undefined, now: Date): readonly Fact[] {
  const { name } = alert;
  if (rule === undefined)
    return [notMeasured(name, 'this Prometheus has no such rule; "npx runbook rules" prints them all')];
  if (rule.health === "err") return [notMeasured(name, rule.lastError ?? "its query fails")];
  if (rule.health === "unknown") return [notMeasured(name, "it was not evaluated yet")];
  const firing = rule.alerts.filter(({ state }) => state === "firing");
  if (firing.length > 0) return firing.map((each) => no(name, why(alert, each, now)));
  const [pending] = rule.alerts;
  const detail = pending
    ? `${filled(alert.summary, pending.labels)} It fires when that lasts ${alert.for}, and does for ${since(pending, now)}`
    : "does not fire";
  return [yes(name, detail)];
}

const since = ({ activeAt }: SeenAlert, now: Date): string => age(now.getTime() - activeAt.getTime());

/** What is wrong by how much and since when, how soon somebody acts, and the first command. */
function why({ summary, command, severity, threshold }: Alert, alert: SeenAlert, now: Date): string {
  const value = thresholdText({ ...threshold, value: Number(alert.value) });
  return `${filled(summary, alert.labels)} ${severity.level} for ${since(alert, now)}, now ${value}; act ${severity.response}: ${filled(command, alert.labels)}`;
}
