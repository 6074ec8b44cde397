import { levelOf } from "../../engine/enforcement.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import type { ExceptedFinding, Report } from "../../engine/judge.ts";
import type { ProfileName } from "../../profiles/profiles.ts";
import type { Finding, Severity } from "../../rules/rule.ts";
import type { Settings } from "../../engine/settings.ts";
import { compareWith } from "./baseline.ts";
import type { Baseline, KnownFinding } from "./baseline.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Problem, Skipped } from "./inputs.ts";
import { locate } from "./locations.ts";
import type { Location } from "./locations.ts";
import type { Origin } from "./reader.ts";

/** `blocks` fails the check, `advice` is below what fails it, `known` is in the baseline. */
export type FindingState = "blocks" | "advice" | "known";

/** Where a finding is; absent for objects of a cluster. */
interface Located {
  readonly location?: Location;
}

export interface CheckedFinding extends Finding, Located {
  readonly state: FindingState;
  readonly fingerprint: string;
}
export interface LocatedException extends ExceptedFinding, Located {}
export interface LocatedOpen extends Finding, Located {}

/** Everything a format can say about one run. */
export interface CheckReport {
  /** The context of the cluster that was read; absent where files were. */
  readonly context?: string;
  /** Which rules looked. */
  readonly profile: ProfileName;
  readonly findings: readonly CheckedFinding[];
  readonly excepted: readonly LocatedException[];
  readonly notEvaluated: readonly LocatedOpen[];
  readonly problems: readonly Problem[];
  readonly skipped: readonly Skipped[];
  /** What the baseline knows and nobody found any more. */
  readonly gone: readonly KnownFinding[];
  readonly objects: readonly KubernetesObject[];
  /** Objects of kinds that no rule is about, by kind. */
  readonly otherKinds: Readonly<Record<string, number>>;
  readonly counts: Readonly<
    Record<
      FindingState | "objects" | "evaluations" | "excepted" | "notEvaluated" | "problems" | "skipped" | "gone",
      number
    >
  >;
}

/** What a report is made of. */
export interface Evaluated {
  readonly report: Report;
  readonly objects: readonly KubernetesObject[];
  readonly origins: ReadonlyMap<KubernetesObject, Origin>;
  readonly problems: readonly Problem[];
  readonly skipped: readonly Skipped[];
  readonly otherKinds: Readonly<Record<string, number>>;
  readonly settings: Settings;
  /** The lowest severity that fails a check, where the settings say nothing about the rule. @default the profile's */
  readonly failOn?: Severity | undefined;
  readonly baseline?: Baseline;
  readonly context?: string;
}

/** Puts a verdict into the order of the files, with places, fingerprints and what each finding does. */
export function checkReport(evaluated: Evaluated): CheckReport {
  const { report, objects, origins, problems, skipped, otherKinds, settings, failOn, baseline, context } = evaluated;
  const place = placesOf([...report.findings, ...report.excepted, ...report.notEvaluated], origins);
  const order = <Item extends Finding & Located>(items: readonly Item[]) => items.toSorted(byPlace);
  const known = compareWith(baseline ?? { version: 1, findings: [] });
  const findings = order(
    report.findings.map((finding) => ({ ...finding, ...place(finding), fingerprint: fingerprintOf(finding) })),
  ).map(
    (finding): CheckedFinding => ({
      ...finding,
      state: known.isKnown(finding)
        ? "known"
        : levelOf(finding.rule, settings, failOn) === "mandatory"
          ? "blocks"
          : "advice",
    }),
  );
  const excepted = order(report.excepted.map((finding) => ({ ...finding, ...place(finding) })));
  const notEvaluated = order(report.notEvaluated.map((finding) => ({ ...finding, ...place(finding) })));
  const gone = known.gone();
  const inState = (state: FindingState) => findings.filter((finding) => finding.state === state).length;
  return {
    ...(context === undefined ? {} : { context }),
    profile: settings.profile,
    findings,
    excepted,
    notEvaluated,
    problems,
    skipped,
    gone,
    objects,
    otherKinds,
    counts: {
      objects: objects.length,
      evaluations: report.counts.evaluations,
      blocks: inState("blocks"),
      advice: inState("advice"),
      known: inState("known"),
      excepted: excepted.length,
      notEvaluated: notEvaluated.length,
      problems: problems.length,
      skipped: skipped.length,
      gone: gone.length,
    },
  };
}

/**
 * 0 where all is well, 1 where a finding blocks, 3 where something could not be read, 2 where there was nothing to look
 * at.
 */
export function exitCodeOf({ counts }: CheckReport): 0 | 1 | 2 | 3 {
  if (counts.blocks > 0) return 1;
  if (counts.problems > 0) return 3;
  return counts.objects === 0 ? 2 : 0;
}

/** A field of an object. */
interface Field {
  readonly object: KubernetesObject;
  readonly path: string;
  readonly textLine?: number;
}

/** Finds the places of fields, all of a document in one go; of objects that come from no file there is none. */
export function placesOf(
  fields: readonly Field[],
  origins: ReadonlyMap<KubernetesObject, Origin>,
): (field: Field) => { location?: Location } {
  const pathIn = (origin: Origin, path: string) => [origin.path, path].filter((part) => part !== "").join(".");
  const byDocument = Map.groupBy(
    fields.filter(({ object }) => origins.has(object)),
    ({ object }) => origins.get(object)!.document,
  );
  const located = new Map(
    [...byDocument].map(([document, all]) => [
      document,
      locate(
        document,
        all.map(({ object, path }) => pathIn(origins.get(object)!, path)),
      ),
    ]),
  );
  return ({ object, path, textLine }) => {
    const origin = origins.get(object);
    return origin === undefined ? {} : { location: located.get(origin.document)!(pathIn(origin, path), textLine) };
  };
}

function byPlace(a: Finding & Located, b: Finding & Located): number {
  const text = ({ object, location }: Finding & Located) => location?.file ?? object.ref;
  return (
    compare(text(a), text(b)) ||
    (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
    (a.location?.column ?? 0) - (b.location?.column ?? 0) ||
    compare(a.rule.id, b.rule.id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
