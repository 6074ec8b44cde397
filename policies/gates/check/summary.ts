import type { FindingState } from "./report.ts";
import type { CheckReport } from "./report.ts";

/** What one rule found. */
export interface RuleCount {
  readonly rule: string;
  readonly title: string;
  readonly severity: string;
  readonly state: FindingState | "not evaluated";
  readonly findings: number;
  readonly objects: number;
}

/** What a check read, and what each rule found. */
export interface Summary {
  readonly profile: string;
  readonly files: number;
  readonly objects: number;
  /** Objects by kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Documents that are no Kubernetes objects, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Inputs that could not be read, by what is wrong with them. */
  readonly unread: Readonly<Record<string, number>>;
  /** What blocks first, then by how often. */
  readonly rules: readonly RuleCount[];
}

const order = ["blocks", "advice", "known", "not evaluated"];

/** A check in numbers: for a folder of somebody's manifests, whose findings nobody reads one by one. */
export function summaryOf(report: CheckReport, files: number): Summary {
  const found = [
    ...report.findings,
    ...report.notEvaluated.map((finding) => ({ ...finding, state: "not evaluated" as const })),
  ];
  const rules = [...Map.groupBy(found, ({ rule, state }) => `${rule.id} ${state}`).values()].map((all): RuleCount => {
    const {
      rule: { id, title, severity },
      state,
    } = all[0]!;
    return {
      rule: id,
      title,
      severity,
      state,
      findings: all.length,
      objects: new Set(all.map(({ object }) => object)).size,
    };
  });
  return {
    profile: report.profile,
    files,
    objects: report.objects.length,
    kinds: countedBy(report.objects, ({ kind }) => kind),
    skipped: countedBy(report.skipped, ({ reason }) => reason),
    unread: countedBy(report.problems, ({ message }) => message.replace(/[:;(].*/s, "").trim()),
    rules: rules.sort(
      (a, b) =>
        order.indexOf(a.state) - order.indexOf(b.state) || b.findings - a.findings || (a.rule < b.rule ? -1 : 1),
    ),
  };
}

/** How often each text comes up, the most frequent first. */
function countedBy<Item>(items: readonly Item[], text: (item: Item) => string): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(items, text)].map(([name, all]) => [name, all.length] as const).sort(([, a], [, b]) => b - a),
  );
}
