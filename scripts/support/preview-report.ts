import { faultLines } from "./policy-report.ts";
import { placesOf, type PreviewSummary, verdictOf } from "./preview-summary.ts";
import { some } from "./wording.ts";

/** How a preview is read. */
export interface Reading {
  /** What changes, and against what. */
  readonly compared: readonly string[];
  /** Whether advice, notes and open verdicts are shown and not only counted. */
  readonly advice: boolean;
  /** The file with all that the engine printed. */
  readonly log: string;
}

/**
 * What a preview says at its end: what changes, what blocks it and how that is mended, the verdict, and the next step.
 */
export function reportLines(summary: PreviewSummary, { compared, advice, log }: Reading): string[] {
  const { stack, passed, blocking, errors, open, notes } = summary;
  const hidden = [
    ...(summary.advice.length > 0 ? [some(placesOf(summary.advice), "piece of advice", "pieces of advice")] : []),
    ...(notes.length > 0 ? [some(notes.length, "note")] : []),
  ];
  return [
    ...compared,
    ...(advice
      ? [
          ...summary.advice.flatMap((fault) => ["", ...faultLines(fault)]),
          ...(notes.length > 0 ? ["", ...notes] : []),
          ...open.flatMap((fault) => ["", ...faultLines(fault, Infinity)]),
        ]
      : []),
    ...blocking.flatMap((fault, index) => ["", ...numbered(index, faultLines(fault))]),
    ...errors.flatMap((error) => ["", ...error.split("\n")]),
    "",
    ...(open.length > 0
      ? [`not evaluated: ${some(placesOf(open), "verdict")}, because only an update knows the values`]
      : []),
    ...(hidden.length > 0 && !advice ? [`${hidden.join(" and ")}: shown with --advice`] : []),
    `preview of stack ${stack} ${passed ? "passes" : "is BLOCKED"}: ${verdictOf(summary)}`,
    ...(!passed && blocking.length === 0
      ? [`no policy blocked it: ${errors.length > 0 ? "the error stands above" : `the end of ${log} says why`}`]
      : []),
    passed
      ? `next: npm run up -- --stack ${stack}`
      : `next: mend what is named above, then npm run preview -- --stack ${stack}; all that the engine printed: ${log}`,
  ];
}

const numbered = (index: number, [first, ...more]: readonly string[]): string[] => [
  `${index + 1}. ${first}`,
  ...more.map((line) => `   ${line}`),
];
