import { partsOf, plain, type PolicyEvent } from "./engine-events.ts";
import { some } from "./wording.ts";

/** What a policy said about one place. */
export interface PolicyFinding {
  readonly policy: string;
  /**
   * The object, and the container where one is meant; the resource's name or `stack` where the message does not begin
   * with it.
   */
  readonly place: string;
  /** What is wrong there. */
  readonly fault: string;
  /** All lines below: the field, why, and what to write. */
  readonly below: string;
}

/** One fault, wherever it was found. */
export interface Fault {
  readonly policy: string;
  readonly places: readonly { readonly place: string; readonly fault: string }[];
  /** The lines below of the first place; without its field where there are several places. */
  readonly below: string;
}

/**
 * Reads what a policy said: `Deployment data/api, container "api": has no memory limit [X02-container-resources]`, and
 * lines below.
 */
export function findingOf({ policyName, resourceUrn, message }: PolicyEvent): PolicyFinding {
  const [first = "", ...below] = plain(message).split("\n");
  const [, place, fault] = /^([A-Z][\w.]* [\w./:-]+(?:, container "[^"]*")?): (.*)$/.exec(first) ?? [];
  return {
    policy: policyName,
    place: place ?? (resourceUrn ? partsOf(resourceUrn).name : "stack"),
    fault: (fault ?? first).replace(` [${policyName}]`, ""),
    below: below.join("\n"),
  };
}

const withoutField = (below: string): string =>
  below
    .split("\n")
    .filter((line) => !/^ {2}at /.test(line))
    .join("\n");

/** Findings of one policy that are mended by the same lines are one fault. A place that was found twice counts once. */
export function faultsIn(findings: readonly PolicyFinding[]): Fault[] {
  const faults = new Map<string, PolicyFinding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.policy, withoutField(finding.below)]);
    const known = faults.get(key) ?? [];
    if (
      !known.some(
        ({ place, fault, below }) => place === finding.place && fault === finding.fault && below === finding.below,
      )
    )
      known.push(finding);
    faults.set(key, known);
  }
  return [...faults.values()].map((places) => ({
    policy: places[0]!.policy,
    places: places.map(({ place, fault }) => ({ place, fault })),
    below: places.length === 1 ? places[0]!.below : withoutField(places[0]!.below),
  }));
}

/** A fault as a person reads it; `most` lines name places, and the others are counted. */
export function faultLines({ policy, places, below }: Fault, most = 6): string[] {
  const fix = below === "" ? [] : below.split("\n");
  const [only] = places;
  if (places.length === 1) return [`${only!.place}: ${only!.fault} [${policy}]`, ...fix];
  const same = places.every(({ fault }) => fault === only!.fault);
  const rows = same
    ? filled(places.map(({ place }) => place))
    : places.map(({ place, fault }) => [`${place}: ${fault}`]);
  const more = rows.slice(most).flat().length;
  return [
    `${some(places.length, "place")}${same ? `: ${only!.fault}` : ""} [${policy}]`,
    ...rows.slice(0, most).map((row) => `  ${row.join("; ")}`),
    ...(more > 0 ? [`  and ${some(more, "more place")}, see the log`] : []),
    ...fix,
  ];
}

/** Texts in rows of at most 140 characters, unless one alone is longer. */
function filled(texts: readonly string[]): string[][] {
  const rows: string[][] = [];
  for (const text of texts) {
    const row = rows.at(-1);
    if (row !== undefined && [...row, text].join("; ").length <= 140) row.push(text);
    else rows.push([text]);
  }
  return rows;
}

/** Whether advice says that a verdict stayed open: a value is not known before the update, or a kind is not known. */
export const isOpen = ({ fault }: Pick<PolicyFinding, "fault">): boolean => /(^| is )not evaluated: /.test(fault);
