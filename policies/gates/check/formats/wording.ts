import type { Finding } from "../../../rules/rule.ts";
import type { Problem, Skipped } from "../inputs.ts";
import type { Location } from "../locations.ts";
import type { CheckReport } from "../report.ts";

/** `Deployment data/api, container "api"`. */
export function subjectOf({ object, container }: Finding): string {
  return container === undefined ? object.ref : `${object.ref}, container "${container}"`;
}

/** `Deployment data/api, container "api": runs privileged`. */
export function sentenceOf(finding: Finding): string {
  return visible(`${subjectOf(finding)}: ${finding.message}`);
}

/** A name may hold line breaks and control codes: in a log they would pass for lines of this program. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are meant
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\uFFFD");
}

/** `deploy/api.yaml:12:9`, as terminals and editors link it; as much of it as is known. */
export function placeOf({ file, line, column }: Partial<Location>): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** The YAML lines to write. */
export function fixOf({ fix, rule }: Finding): string {
  return fix ?? rule.remediation;
}

/** `1 file`, `2 files`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** Each reason once, with how often and where first. */
export function grouped(skipped: readonly Skipped[]): { reason: string; count: number; first: string }[] {
  return [...Map.groupBy(skipped, ({ reason }) => reason)].map(([reason, all]) => ({
    reason,
    count: all.length,
    first: placeOf(all[0]!),
  }));
}

/** `deploy/api.yaml:3:1 is no YAML or JSON: …`. */
export function problemText(problem: Problem): string {
  return visible(`${placeOf(problem)} ${problem.message}`);
}

/** The verdict in one sentence. */
export function verdictOf({ counts }: CheckReport): string {
  if (counts.blocks > 0)
    return `BLOCKED by ${counted(counts.blocks, "finding")}${counts.problems > 0 ? `, and ${couldNotBeRead(counts.problems)}` : ""}`;
  if (counts.problems > 0) return `INCOMPLETE: ${couldNotBeRead(counts.problems)}`;
  return counts.objects === 0 ? "there is NOTHING TO CHECK" : "passes";
}

/** What was looked at and found, in one line. */
export function countsOf({ counts, otherKinds, profile }: CheckReport): string {
  const others = Object.values(otherKinds).reduce((sum, count) => sum + count, 0);
  return [
    `profile ${profile}`,
    counted(counts.objects, "object"),
    counted(counts.evaluations, "evaluation"),
    `${counts.blocks} blocking`,
    `${counts.advice} advisory`,
    ...(counts.known > 0 ? [`${counts.known} known`] : []),
    ...(counts.excepted > 0 ? [`${counts.excepted} excepted`] : []),
    `${counts.notEvaluated} not evaluated`,
    ...(others > 0 ? [`${others} of kinds without a rule`] : []),
    ...(counts.skipped > 0 ? [`${counted(counts.skipped, "document")} skipped`] : []),
    ...(counts.problems > 0 ? [`${counts.problems} unreadable`] : []),
  ].join(", ");
}

function couldNotBeRead(count: number): string {
  return `${counted(count, "input")} could not be read`;
}
