import type { Rule } from "../../rules/rule.ts";
import { markdownTable } from "./formats/table.ts";
import { profileNames, profiles } from "../../profiles/profiles.ts";
import { beyondCel, levelIn, profilesText, settingsOf, sourcesOf } from "./rule-text.ts";
import { cisSection5, runbookRows } from "./standards.ts";

const introduction = `# Policies

<!-- written by "npm run docs" from the rules in policies/rules: change them and run it again -->

One set of rules judges every change, at four gates: \`npm run preview\` and \`npm run up\` before anything is created, \`npm run check\` for manifests of any origin,
\`npm run check -- --live\` for what runs in a cluster, and the API server's own admission for what reaches it past all of these.

A profile says which rules look, and from which severity on a finding blocks; the rest is advice:

${markdownTable([["profile", "rules", "blocks from"], ...profileNames.map((name) => [`\`${name}\``, profiles[name].purpose, profiles[name].blocksFrom])])}

The setting \`policies\` of a stack chooses a profile, and changes levels and the numbers below for all objects or for a namespace or a workload. An object is excepted from a rule by an annotation with a reason and an end:

\`\`\`yaml
metadata:
  annotations:
    production-platform/exception.X01-host-path: "reads the logs of the node; until=YYYY-MM-DD"
\`\`\`
`;

/** The page about all rules, as Markdown. */
export function policiesPage(rules: readonly Rule[]): string {
  const titles = new Map(runbookRows.controls.map(({ id, title }) => [id, title]));
  const groups = [...Map.groupBy(rules, ({ row }) => row[0])].sort(
    ([a], [b]) => order(a) - order(b) || (a < b ? -1 : 1),
  );
  return [
    introduction,
    `${rules.length} rules; the API server decides ${rules.filter(({ admission }) => beyondCel(admission) === undefined).length} of them as well.`,
    "",
    markdownTable([
      ["rule", "severity", "in `recommended`", "what it asks for"],
      ...groups.flatMap(([, all]) =>
        all.map((rule) => [
          `[${rule.id}](#${rule.id.toLowerCase()})`,
          rule.severity,
          levelIn(rule, "recommended"),
          rule.title,
        ]),
      ),
    ]),
    "",
    ...groups.flatMap(([row, all]) => [
      `## ${row}${titles.has(row) ? `: ${titles.get(row)}` : ""}`,
      "",
      ...all.flatMap(ruleSection),
    ]),
  ].join("\n");
}

/** What holds everywhere comes before what one system asks for. */
function order(row: string): number {
  return row.startsWith("X") ? 0 : 1;
}

function ruleSection(rule: Rule): string[] {
  const { id, title, rationale, severity, kinds, scope, row, sources, admission, remediation } = rule;
  const beyond = beyondCel(admission);
  const settings = settingsOf(rule);
  const cisTitles = new Map(cisSection5.controls.map((control) => [`CIS ${control.id}`, control.title]));
  const also = sourcesOf(sources).map((source) =>
    cisTitles.has(source) ? `${source} (${cisTitles.get(source)})` : source,
  );
  return [
    `### ${id}`,
    "",
    `**${title}.** ${rationale}`,
    "",
    `- severity: ${severity}`,
    `- profiles: ${profilesText(rule)}`,
    `- rows: ${row.join(", ")}`,
    `- looks at: ${kinds[0] === "*" ? "every kind" : kinds.join(", ")}${scope === "stack" ? ", in the light of all other objects" : ""}`,
    `- admission: ${beyond === undefined ? "yes" : `no, ${beyond}`}`,
    ...(also.length === 0 ? [] : [`- also in: ${also.join("; ")}`]),
    "",
    "```yaml",
    remediation,
    "```",
    "",
    ...(settings.length === 0
      ? []
      : [
          markdownTable([
            ["setting", "default", "meaning"],
            ...settings.map(({ name, value, description }) => [`\`${name}\``, `\`${value}\``, description]),
          ]),
          "",
        ]),
  ];
}
