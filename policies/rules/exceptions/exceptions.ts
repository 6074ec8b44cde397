import { exceptionPrefix } from "../../model/annotations.ts";
import { exceptionsOf } from "../../model/exceptions.ts";
import { foreignPods } from "../../model/foreign-pods.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import type { RuleNumbers } from "../numbers.ts";
import { containersOf, podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule, Violation } from "../rule.ts";
import type { ObjectIndex } from "../../model/object-index.ts";

/** X09's id: the one rule that nothing can be excepted from. */
export const exceptionRuleId = "X09-exception";

const base = {
  kinds: ["*"],
  row: ["X09"],
  remediation: `metadata:\n  annotations:\n    ${exceptionPrefix}<rule id>: "<reason>; until=YYYY-MM-DD"`,
} as const;

/** X09: exceptions name a rule that exists, a reason, and a day that has not passed and is not too far away. */
export function exceptionRule(ruleIds: ReadonlySet<string>, today: string): ObjectRule {
  return {
    ...base,
    id: exceptionRuleId,
    scope: "object",
    severity: "high",
    title: "Exceptions have a reason and an end",
    rationale: "An exception without an end is a rule that was switched off.",
    admission: { beyondCel: "Whether an exception has ended depends on the day, and CEL has no clock." },
    *check(object, settings) {
      for (const { ruleId, annotation, problem, until } of exceptionsOf(object, today)) {
        const wrong = ruleIds.has(ruleId)
          ? (problem ?? tooLong(until, today, settings))
          : "names no rule that can be excepted";
        if (wrong !== undefined)
          yield { path: `metadata.annotations["${annotation}"]`, message: `exception from ${ruleId} ${wrong}` };
      }
      const pod = object.kind === "Pod" ? undefined : podOf(object);
      for (const annotation of Object.keys(pod?.annotations ?? {}).filter((key) => key.startsWith(exceptionPrefix))) {
        const path = `${pod!.path.replace(/spec$/, "metadata")}.annotations["${annotation}"]`;
        yield {
          path,
          message: `exception from ${annotation.slice(exceptionPrefix.length)} stands on the pod template, where it excepts from nothing: write it on the ${object.kind}`,
        };
      }
    },
  };
}

function tooLong(until: string, today: string, settings: RuleNumbers): string | undefined {
  const { maxDays } = settings[exceptionRuleId];
  const days = (Date.parse(until) - Date.parse(today)) / 86_400_000;
  return days > maxDays ? `lasts until ${until}, ${days} days: at most ${maxDays}` : undefined;
}

/** X09: exceptions that except from nothing are removed, before they hide something new. */
export function unusedExceptionRule(rules: readonly Rule[], today: string): StackRule {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return {
    ...base,
    id: "X09-exception-unused",
    scope: "stack",
    severity: "low",
    title: "Exceptions match a violation of their rule",
    rationale: "When its violation is fixed, an exception can only hide the next one.",
    remediation: "# remove the annotation",
    admission: { beyondCel: "It takes the verdict of the rule that is excepted from, which may need other objects." },
    *check(object, objects, settings) {
      for (const { ruleId, annotation, problem } of exceptionsOf(object, today)) {
        const rule = byId.get(ruleId);
        if (rule === undefined || problem !== undefined) continue; // X09-exception's
        const path = `metadata.annotations["${annotation}"]`;
        const looked = rule.kinds.includes(object.kind)
          ? [object]
          : rule.kinds.includes("PodTemplate")
            ? foreignPods(object)
            : [];
        const isKept = () => looked.every((each) => violationsOf(rule, each, objects, settings).next().done);
        const why =
          looked.length === 0
            ? `the rule does not look at a ${object.kind}`
            : isKept()
              ? "the rule is kept"
              : undefined;
        if (why !== undefined) yield { path, message: `exception from ${ruleId} excepts from nothing: ${why}` };
      }
    },
  };
}

function* violationsOf(
  rule: Rule,
  object: KubernetesObject,
  objects: ObjectIndex,
  settings: RuleNumbers,
): Generator<Violation> {
  if (rule.scope === "object") yield* rule.check(object, settings);
  if (rule.scope === "stack") yield* rule.check(object, objects, settings);
  const pod = rule.scope === "container" ? podOf(object) : undefined;
  for (const container of pod === undefined ? [] : containersOf(pod))
    if (rule.scope === "container") yield* rule.check(container, object, settings);
}
