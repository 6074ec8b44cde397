import { type Alert, headingOf, open, type SystemAlerts, thresholdText } from "../../components/alerts/alert.ts";
import { metricSources } from "../../components/alerts/metrics.ts";
import { markdownTable } from "../../policies/gates/check/formats/table.ts";

const introduction = `# Alerts

<!-- written by "npm run docs" from components/systems/*/alerts.ts: change those and run it again -->

What is watched of each system: the number, how long it may be wrong, who is told how soon, and the first thing to do. A row code says which line of
the runbooks asks for it; [coverage](coverage.md) has them all.

- \`npx runbook alerts\` lists them, and with \`--prometheus <url>\` says which fire.
- \`npx runbook rules\` prints the rule file for a Prometheus of your own, and \`npx runbook rules --alertmanager\` the routes.
- A stack whose \`clusterAddons\` name prometheus-operator declares the rules itself, a PrometheusRule in each system's namespace. \`alerting.ruleLabels\` has the
  labels by which your Prometheus finds them, and \`alerting.pages\` the address below which alerts link to this page.
- Each alert has cases in which it fires and in which it is silent, in \`test/unit/alerts/cases\`; promtool runs them.
- An alert has the labels \`system\`, \`severity\` and \`notify\`: a page wakes a person, a message waits in the team's channel, a ticket for a working day.
`;

/** docs/alerts.md: for each system a table of its alerts and a section for each, and what Prometheus has to read. */
export const alertsPage = (systems: readonly SystemAlerts[]): string =>
  [introduction, ...systems.map(systemSection), sources].join("\n");

const systemSection = (alerts: SystemAlerts): string => {
  const { system, namespace, severities } = alerts;
  return [
    `## ${system}`,
    "",
    `Namespace \`${namespace}\`. Severities: ${severities
      .map(({ level, response, notify }) => `${level} (a ${notify}, somebody acts ${response})`)
      .join(", ")}.`,
    "",
    markdownTable([
      ["alert", "number", "for", "severity", "row"],
      ...alerts.alerts.map((alert) => [
        `[${alert.name}](#${headingOf(system, alert).toLowerCase().replaceAll(" ", "-")})`,
        thresholdText(alert.threshold),
        alert.for ?? "at once",
        alert.severity.level,
        alert.threshold.row,
      ]),
    ]),
    "",
    ...alerts.alerts.map((alert) => alertSection(system, alert)),
  ].join("\n");
};

const alertSection = (system: string, alert: Alert): string => `### ${headingOf(system, alert)}

${open(alert.summary).replaceAll(/<\w+>/g, (label) => `\`${label}\``)} Somebody acts ${alert.severity.response}.${
  alert.hides ? ` While it fires, nobody is told of ${alert.hides.join(", ")}.` : ""
}

\`\`\`text
${open(alert.command)}
\`\`\`

\`\`\`promql
${alert.expr}
\`\`\`
`;

const sources = [
  "## What Prometheus has to read",
  "",
  "Who tells the metrics, and whether a stack declares it. Where nobody tells one, MetricsMissing says so.",
  "",
  markdownTable([
    ["who", "declared", "how it is read", "metrics"],
    ...metricSources.map(({ name, declared, read, metrics }) => [
      name,
      declared ? "yes" : "no",
      read,
      metrics.map((metric) => `\`${metric}\``).join(" "),
    ]),
  ]),
  "",
].join("\n");
