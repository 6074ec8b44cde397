import type { Declared, Declarations } from "./changed-values.ts";
import { eventsIn, objectName, objectTitle, partsOf, plain, type Step, systemOf } from "./engine-events.ts";
import { type Fault, faultLines, faultsIn, findingOf, isOpen, type PolicyFinding } from "./policy-report.ts";
import { some } from "./wording.ts";

export interface PreviewSummary {
  readonly stack: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** The stack as the program declares it, without components and providers. */
  readonly declared: Declarations;
  /** What blocks, each fault once. */
  readonly blocking: readonly Fault[];
  readonly advice: readonly Fault[];
  /** Verdicts that only an update can give. */
  readonly open: readonly Fault[];
  /** What the program says of itself, such as what stands in for an addon that the cluster does not have. */
  readonly notes: readonly string[];
  readonly errors: readonly string[];
}

/** Says how many verdicts are open: they are counted here. */
const countOfOpen = "evaluated-rules";

/** Reads what happened out of the engine's event log, one JSON object a line. Throws where the log is cut. */
export function summarize(
  eventLog: string,
  { stack, seconds, passed }: Pick<PreviewSummary, "stack" | "seconds" | "passed">,
): PreviewSummary {
  const declared = new Map<string, Declared>();
  const blocking: PolicyFinding[] = [];
  const advisory: PolicyFinding[] = [];
  const notes = new Set<string>();
  const errors = new Set<string>();
  for (const { policyEvent, resourcePreEvent, diagnosticEvent } of eventsIn(eventLog)) {
    if (policyEvent && policyEvent.policyName !== countOfOpen)
      (policyEvent.enforcementLevel === "mandatory" ? blocking : advisory).push(findingOf(policyEvent));
    if (resourcePreEvent && isDeclared(resourcePreEvent.metadata))
      declared.set(keyOf(resourcePreEvent.metadata.urn), declaredBy(resourcePreEvent.metadata));
    if (diagnosticEvent?.severity === "error") errors.add(plain(diagnosticEvent.message));
    if ((diagnosticEvent?.severity === "info" || diagnosticEvent?.severity === "warning") && !diagnosticEvent.ephemeral)
      notes.add(plain(diagnosticEvent.message));
  }
  return {
    stack,
    seconds,
    passed,
    declared,
    blocking: faultsIn(blocking),
    advice: faultsIn(advisory.filter((finding) => !isOpen(finding))),
    open: faultsIn(advisory.filter(isOpen)),
    notes: [...notes],
    errors: [...errors].filter((message, _, all) => all.length === 1 || !/^(preview|update) failed$/.test(message)),
  };
}

const isDeclared = ({ op, type, new: after }: Step): boolean =>
  !op.startsWith("delete") && after?.custom === true && !type.startsWith("pulumi:");

/** A URN without its stack: previews of two places name theirs alike, and the engine's record does. */
export const keyOf = (urn: string): string => urn.split("::").slice(2).join("::");

/** A resource of an event or of the engine's record, as it is compared and counted. */
export function declaredBy({ urn, type, new: state }: Pick<Step, "urn" | "type" | "new">): Declared {
  const inputs = state?.inputs ?? {};
  const { kind = type.split(":").at(-1)!, namespace, name = partsOf(urn).name } = objectName(inputs);
  const system = systemOf(urn);
  return { kind, title: objectTitle(kind, namespace, name), ...(system !== undefined && { system }), inputs };
}

/** Places of all faults together. */
export const placesOf = (faults: readonly Fault[]): number =>
  faults.reduce((sum, { places }) => sum + places.length, 0);

/** `418 resources, 1 violation in 12 places, 24 verdicts not evaluated, 2 pieces of advice, 5.1 s`. */
export function verdictOf({ declared, blocking, seconds }: PreviewSummary): string {
  const places = placesOf(blocking);
  return `${some(declared.size, "resource")}, ${some(blocking.length, "violation")}${places > blocking.length ? ` in ${places} places` : ""}, ${seconds.toFixed(1)} s`;
}

/** The summary as a comment for a pull request; `compared` are lines about what changes. */
export function toMarkdown(summary: PreviewSummary, compared: readonly string[] = []): string {
  const list = (faults: readonly Fault[]) =>
    faults
      .flatMap((fault) => [
        `- **${fault.policy}**`,
        "",
        "  ```",
        ...faultLines(fault, Infinity).map((line) => `  ${line}`),
        "  ```",
        "",
      ])
      .slice(0, -1);
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? [`### ${title}`, "", ...lines, ""] : [];
  const code = (lines: readonly string[]) => (lines.length > 0 ? ["```", ...lines, "```"] : []);
  const { blocking, advice, open, errors, notes } = summary;
  return [
    `## Preview of stack \`${summary.stack}\`: ${summary.passed ? "passes" : "blocked"}`,
    "",
    `${verdictOf(summary)}.`,
    "",
    ...section("Violations", list(blocking)),
    ...section("Errors", code(errors)),
    ...section("What changes", code(compared)),
    ...section("Advice", [
      ...list(advice),
      ...(advice.length > 0 && notes.length > 0 ? [""] : []),
      ...notes.map((note) => `- ${note}`),
    ]),
    ...(open.length > 0
      ? [`${some(placesOf(open), "verdict")} not evaluated: only an update knows the values.`, ""]
      : []),
  ].join("\n");
}
