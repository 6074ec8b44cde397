import { styleText } from "node:util";
import type { Severity } from "../../../rules/rule.ts";
import type { CheckedFinding, CheckReport } from "../report.ts";
import { counted, countsOf, grouped, placeOf, problemText, sentenceOf, verdictOf } from "./wording.ts";

type Style = Parameters<typeof styleText>[0];
/** Colours a text, or leaves it as it is. */
type Paint = (style: Style, text: string) => string;

const plain: Paint = (_style, text) => text;
const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });
const colours: Readonly<Record<Severity, Style>> = {
  critical: ["bold", "red"],
  high: "red",
  medium: "yellow",
  low: "cyan",
};

/**
 * For people: a line a finding, how to mend each rule once, what could not be looked at, and the verdict at the end.
 */
export function human(report: CheckReport, { colour = false }: { colour?: boolean } = {}): string {
  const paint = colour ? coloured : plain;
  const inState = (state: CheckedFinding["state"]) => report.findings.filter((finding) => finding.state === state);
  const sections = [
    report.context === undefined ? [] : [`context ${report.context}`],
    inState("blocks").map((finding) => findingLines(finding, paint)),
    inState("advice").map((finding) => findingLines(finding, paint)),
    remedies(report, paint),
    report.excepted.map(
      (finding) => `excepted until ${finding.until} (${finding.reason}): ${sentenceOf(finding)} [${finding.rule.id}]`,
    ),
    openVerdicts(report),
    report.gone.length === 0
      ? []
      : [
          `${counted(report.gone.length, "known finding is", "known findings are")} gone; --write-baseline takes ${report.gone.length === 1 ? "it" : "them"} out of the baseline:`,
          ...report.gone.map(({ rule, object, message }) => `  ${object}: ${message} [${rule}]`),
        ],
    leftOut(report),
    report.problems.map((problem) => `${paint("red", "unreadable")} ${problemText(problem)}`),
    [
      `${paint(["bold", report.counts.blocks + report.counts.problems > 0 ? "red" : "green"], `check ${verdictOf(report)}`)}: ${countsOf(report)}`,
    ],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function findingLines(finding: CheckedFinding, paint: Paint): string {
  const { location, rule, path, fix, state } = finding;
  const severity = paint(colours[rule.severity], state === "advice" ? `advice (${rule.severity})` : rule.severity);
  const line = `${location === undefined ? "" : `${placeOf(location)} `}${severity} ${sentenceOf(finding)} ${paint("dim", `[${rule.id}]`)}`;
  const own = fix === undefined ? [] : ["fix:", ...indented(fix)];
  return [line, ...[...(path === "" ? [] : [`at ${path}`]), ...own].map((text) => `  ${text}`)].join("\n");
}

/**
 * Why and how, once a rule: a hundred objects with one fault have one remedy. Findings with lines of their own have
 * shown them.
 */
function remedies({ findings }: CheckReport, paint: Paint): string[] {
  const shown = findings.filter(({ state }) => state !== "known");
  const generic = new Set(shown.filter(({ fix }) => fix === undefined).map(({ rule }) => rule));
  return [...new Set(shown.map(({ rule }) => rule))]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((rule) =>
      [
        `${paint("bold", rule.id)} ${rule.title}`,
        `  why: ${rule.rationale}`,
        ...(generic.has(rule) ? ["  fix:", ...indented(rule.remediation).map((text) => `  ${text}`)] : []),
      ].join("\n"),
    );
}

/** Verdicts that are open for one reason make one line: a kind that cannot be listed leaves hundreds. */
function openVerdicts({ notEvaluated }: CheckReport): string[] {
  return [...Map.groupBy(notEvaluated, ({ message }) => message)].map(([message, all]) => {
    const objects = new Set(all.map(({ object }) => object.ref));
    const rules = new Set(all.map(({ rule }) => rule.id));
    return `${[...objects][0]}${objects.size > 1 ? ` and ${counted(objects.size - 1, "other")}` : ""}: ${message} [${[...rules].join(", ")}]`;
  });
}

function leftOut({ skipped, otherKinds }: CheckReport): string[] {
  const others = Object.entries(otherKinds)
    .map(([kind, count]) => `${kind} (${count})`)
    .join(", ");
  return [
    ...grouped(skipped).map(
      ({ reason, count, first }) => `skipped ${counted(count, "document")}: ${reason}; the first is ${first}`,
    ),
    ...(others === "" ? [] : [`no rule is about these kinds by themselves: ${others}`]),
  ];
}

function indented(text: string): string[] {
  return text.split("\n").map((line) => `  ${line}`);
}
