import type { Finding } from "../../../rules/rule.ts";
import type { Location } from "../locations.ts";
import type { CheckReport } from "../report.ts";
import { fixOf, placeOf, sentenceOf, subjectOf } from "./wording.ts";

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly outcome?: {
    readonly tag: "failure" | "error" | "skipped";
    readonly message: string;
    readonly type?: string;
    readonly text?: string;
  };
}

/**
 * Test results: a suite a file, a case for each finding and for each object without one. Findings that do not block,
 * exceptions and open verdicts
 * count as skipped, inputs that could not be read as errors.
 */
export function junit(report: CheckReport): string {
  const cases: Case[] = [
    ...report.findings.map((finding) =>
      caseOf(
        report,
        finding,
        finding.state === "blocks"
          ? {
              tag: "failure",
              type: finding.rule.severity,
              message: sentenceOf(finding),
              text: `${placed(finding)}\nwhy: ${finding.rule.rationale}\nfix:\n${fixOf(finding)}`,
            }
          : { tag: "skipped", message: `${finding.state}: ${sentenceOf(finding)}` },
      ),
    ),
    ...report.excepted.map((finding) =>
      caseOf(report, finding, {
        tag: "skipped",
        message: `excepted until ${finding.until} (${finding.reason}): ${sentenceOf(finding)}`,
      }),
    ),
    ...report.notEvaluated.map((finding) => caseOf(report, finding, { tag: "skipped", message: sentenceOf(finding) })),
    ...report.problems.map(
      (problem): Case => ({
        suite: problem.file,
        name: placeOf(problem),
        outcome: { tag: "error", message: problem.message },
      }),
    ),
    ...passing(report),
  ];
  const suites = [...Map.groupBy(cases, ({ suite }) => suite)].map(([name, all]) =>
    [`  <testsuite name="${escaped(name)}" ${totals(all)}>`, ...all.map(element), "  </testsuite>"].join("\n"),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="check" ${totals(cases)}>`,
    ...suites,
    "</testsuites>",
    "",
  ].join("\n");
}

function caseOf({ context }: CheckReport, finding: Finding & { location?: Location }, outcome: Case["outcome"]): Case {
  return {
    suite: finding.location?.file ?? context ?? "",
    name: `${finding.rule.id}: ${subjectOf(finding)}`,
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function passing({ objects, findings, excepted, notEvaluated, context }: CheckReport): Case[] {
  const named = new Set([...findings, ...excepted, ...notEvaluated].map(({ object }) => object));
  return objects
    .filter((object) => !named.has(object))
    .map(({ ref }) => ({ suite: context ?? "objects without a finding", name: ref }));
}

function element({ suite, name, outcome }: Case): string {
  const open = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"`;
  if (outcome === undefined) return `${open}/>`;
  const { tag, type, message, text } = outcome;
  const attributes = `${type === undefined ? "" : ` type="${escaped(type)}"`} message="${escaped(message)}"`;
  return `${open}>\n      <${tag}${attributes}${text === undefined ? "/>" : `>${escaped(text)}</${tag}>`}\n    </testcase>`;
}

function totals(cases: readonly Case[]): string {
  const count = (tag: string) => cases.filter(({ outcome }) => outcome?.tag === tag).length;
  return `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
}

function placed({ location, path }: Finding & { location?: Location }): string {
  return [location === undefined ? "" : placeOf(location), path].filter((part) => part !== "").join(" ");
}

/** XML 1.0 knows no control characters besides tab and line breaks, not even escaped. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
