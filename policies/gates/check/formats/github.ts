import type { Location } from "../locations.ts";
import type { CheckReport } from "../report.ts";
import { countsOf, fixOf, sentenceOf, verdictOf } from "./wording.ts";

/** Workflow commands that GitHub shows beside the lines of a pull request. Known findings are left out. */
export function github(report: CheckReport): string {
  const lines = [
    ...report.findings
      .filter(({ state }) => state !== "known")
      .map((finding) =>
        annotation(
          finding.state === "blocks" ? "error" : "warning",
          finding.rule.id,
          `${sentenceOf(finding)}\n${finding.rule.rationale}\nfix:\n${fixOf(finding)}`,
          finding.location,
        ),
      ),
    ...report.notEvaluated.map((finding) =>
      annotation("warning", finding.rule.id, sentenceOf(finding), finding.location),
    ),
    ...report.problems.map(({ message, ...place }) => annotation("error", "unreadable", message, place)),
    `check ${verdictOf(report)}: ${countsOf(report)}`,
  ];
  return `${lines.join("\n")}\n`;
}

function annotation(
  level: "error" | "warning",
  title: string,
  message: string,
  { file, line, column }: Partial<Location> = {},
): string {
  const properties = Object.entries({ file, line, col: column, title })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${property(String(value))}`);
  return `::${level} ${properties.join(",")}::${data(message)}`;
}

/** Line breaks end a command, so they are written as GitHub reads them back. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
