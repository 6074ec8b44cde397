import { levelOf } from "../../engine/enforcement.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { looksAt } from "../../engine/judge.ts";
import type { Finding, Rule } from "../../rules/rule.ts";
import type { Settings } from "../../engine/settings.ts";
import type { CheckReport } from "./report.ts";
import { cisSection5, podSecurityBaseline, podSecurityRestricted, runbookRows } from "./standards.ts";
import type { Control, Framework } from "./standards.ts";

/** How a control stands: `not covered` has no rule, `no objects` has rules that found nothing to look at. */
export type Standing = "passed" | "failed" | "excepted" | "not evaluated" | "no objects" | "not covered";

/** How a control stands, and on how many objects. An object that fails is not counted again as excepted or open. */
export interface ControlResult extends Control {
  readonly standing: Standing;
  /** Ids of the rules that cover it. */
  readonly rules: readonly string[];
  readonly objects: number;
  readonly passed: number;
  readonly failed: number;
  readonly excepted: number;
  readonly notEvaluated: number;
}

export interface FrameworkResult {
  readonly name: string;
  readonly controls: readonly ControlResult[];
}

/** Objects by the id of a rule. */
type ByRule = ReadonlyMap<string, ReadonlySet<KubernetesObject>>;

/** Each framework, and which rules cover a control of it. */
const frameworks: readonly (readonly [Framework, covers: (rule: Rule, control: Control) => boolean])[] = [
  [
    podSecurityBaseline,
    ({ sources }, { id }) => sources?.podSecurity?.level === "baseline" && sources.podSecurity.control === id,
  ],
  [
    podSecurityRestricted,
    ({ sources }, { id }) => sources?.podSecurity?.level === "restricted" && sources.podSecurity.control === id,
  ],
  [
    cisSection5,
    ({ sources }, { id, podSecurity }) =>
      sources?.cis?.includes(id) || (podSecurity === true && sources?.podSecurity !== undefined),
  ],
  [runbookRows, ({ row }, { id }) => row.includes(id)],
];

/** What a check says about each framework. Findings of a baseline count as failed: they are known, not mended. */
export function standardsReport(report: CheckReport, rules: readonly Rule[], settings: Settings): FrameworkResult[] {
  const active = rules.filter((rule) => levelOf(rule, settings) !== "disabled");
  const objects = new Map(
    active.map((rule) => [rule.id, new Set(report.objects.filter((object) => looksAt(rule, object)))]),
  );
  const [failed, open, excepted] = [report.findings, report.notEvaluated, report.excepted].map(objectsByRule) as [
    ByRule,
    ByRule,
    ByRule,
  ];
  return frameworks.map(([{ name, controls }, covers]) => ({
    name,
    controls: controls.map((control): ControlResult => {
      const covering = active.filter((rule) => covers(rule, control)).map(({ id }) => id);
      const ofAll = (table: ByRule) => new Set(covering.flatMap((id) => [...(table.get(id) ?? [])]));
      const failing = ofAll(failed);
      const undecided = without(ofAll(open), failing);
      const withException = without(ofAll(excepted), failing, undecided);
      const looked = ofAll(objects);
      const counts = {
        objects: looked.size,
        failed: failing.size,
        excepted: withException.size,
        notEvaluated: undecided.size,
      };
      const passed = without(looked, failing, undecided, withException).size;
      return { ...control, rules: covering, ...counts, passed, standing: standingOf(covering.length, counts) };
    }),
  }));
}

function standingOf(
  rules: number,
  { objects, failed, excepted, notEvaluated }: Pick<ControlResult, "objects" | "failed" | "excepted" | "notEvaluated">,
): Standing {
  if (rules === 0) return "not covered";
  if (failed > 0) return "failed";
  if (notEvaluated > 0) return "not evaluated";
  if (excepted > 0) return "excepted";
  return objects === 0 ? "no objects" : "passed";
}

function without<Item>(items: ReadonlySet<Item>, ...others: readonly ReadonlySet<Item>[]): Set<Item> {
  return new Set([...items].filter((item) => !others.some((other) => other.has(item))));
}

function objectsByRule(findings: readonly Finding[]): ByRule {
  const table = new Map<string, Set<KubernetesObject>>();
  for (const { rule, object } of findings) table.set(rule.id, (table.get(rule.id) ?? new Set()).add(object));
  return table;
}
