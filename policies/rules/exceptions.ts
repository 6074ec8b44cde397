import { exceptionPrefix } from "../annotations.ts";
import { exceptionsOf } from "../exceptions.ts";
import type { ObjectRule } from "../rule.ts";

/** X09's id: the one rule that nothing can be excepted from. */
export const exceptionRuleId = "X09-exception";

/** X09: exceptions name a rule that exists, a reason, and a day that has not passed. */
export function exceptionRule(ruleIds: ReadonlySet<string>, today: string): ObjectRule {
  return {
    id: exceptionRuleId,
    scope: "object",
    kinds: ["*"],
    row: ["X09"],
    severity: "high",
    title: "Exceptions have a reason and an end",
    rationale: "An exception without an end is a rule that was switched off.",
    remediation: `metadata:\n  annotations:\n    ${exceptionPrefix}<rule id>: "<reason>; until=YYYY-MM-DD"`,
    *check(object) {
      for (const { ruleId, annotation, problem } of exceptionsOf(object, today)) {
        const wrong = ruleIds.has(ruleId) ? problem : "names no rule that can be excepted";
        if (wrong !== undefined) yield { path: `metadata.annotations["${annotation}"]`, message: `exception from ${ruleId} ${wrong}` };
      }
    },
  };
}
