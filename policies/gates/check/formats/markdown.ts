import type { CheckedFinding, CheckReport } from "../report.ts";
import { counted, countsOf, fixOf, grouped, placeOf, problemText, sentenceOf, verdictOf } from "./wording.ts";

/** A comment for a pull request: the verdict, findings by rule with what to write, and what was left out. */
export function markdown(report: CheckReport): string {
  const ofState = (state: CheckedFinding["state"]) => report.findings.filter((finding) => finding.state === state);
  return [
    `## Check${report.context === undefined ? "" : ` of context \`${report.context}\``}: ${verdictOf(report)}`,
    "",
    `${countsOf(report)}.`,
    ...section("Findings that block", byRule(ofState("blocks"))),
    ...section("Advice", byRule(ofState("advice"))),
    ...section(
      "Could not be read",
      report.problems.map((problem) => `- ${text(problemText(problem))}`),
    ),
    ...section(
      "Not evaluated",
      report.notEvaluated.map((finding) => `- ${text(sentenceOf(finding))} (${finding.rule.id})`),
    ),
    ...section(
      "Excepted",
      report.excepted.map(
        (finding) =>
          `- ${text(sentenceOf(finding))} (${finding.rule.id}), until ${finding.until}: ${text(finding.reason)}`,
      ),
    ),
    ...section(
      "Skipped",
      grouped(report.skipped).map(
        ({ reason, count, first }) => `- ${counted(count, "document")}: ${text(reason)}; the first is \`${first}\``,
      ),
    ),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `### ${title}`, "", ...lines];
}

function byRule(findings: readonly CheckedFinding[]): string[] {
  return [...Map.groupBy(findings, ({ rule }) => rule)].flatMap(([{ id, title, severity, rationale }, all]) => [
    `#### ${id} (${severity}): ${text(title)}`,
    "",
    text(rationale),
    "",
    ...all.map(
      (finding) =>
        `- ${finding.location === undefined ? "" : `\`${placeOf(finding.location)}\` `}${text(sentenceOf(finding))}`,
    ),
    "",
    ...[...new Set(all.map(fixOf))].flatMap((fix) => ["```yaml", fix, "```", ""]),
  ]);
}

/** What an object is called may hold anything, also markup. */
function text(value: string): string {
  return value.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&").replace(/\s*\n\s*/g, " ");
}
