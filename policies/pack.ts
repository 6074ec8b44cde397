import { exceptionsOf } from "./exceptions.ts";
import { NotEvaluable } from "./kubernetes-object.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { containersOf, podOf } from "./pod-spec-walker.ts";
import type { WalkedContainer } from "./pod-spec-walker.ts";
import type { Finding, Rule, Violation } from "./rule.ts";
import { exceptionRuleId } from "./rules/exceptions.ts";
import { rulesAsOf } from "./rules/index.ts";
import type { Settings } from "./settings.ts";
import { stackOf } from "./stack.ts";
import type { Stack } from "./stack.ts";

/** A finding that an exception on the object answers for. */
export interface ExceptedFinding extends Finding {
  readonly reason: string;
  readonly until: string;
}

/** The verdict of one rule on one object, or of all rules on all objects. */
export interface Verdict {
  readonly findings: readonly Finding[];
  readonly excepted: readonly ExceptedFinding[];
  /** What could not be decided, with the reason as its message. */
  readonly notEvaluated: readonly Finding[];
}

/** What every gate reports. */
export interface Report extends Verdict {
  readonly counts: {
    readonly objects: number;
    /** How often a rule looked at an object. */
    readonly evaluations: number;
    readonly findings: number;
    readonly excepted: number;
    readonly notEvaluated: number;
  };
}

/** Judges objects that belong together by every rule. `today` is `YYYY-MM-DD`. Pure: the same input gives the same report. */
export function evaluate(objects: readonly KubernetesObject[], settings: Settings, today: string): Report {
  const stack = stackOf(objects);
  const rules = rulesAsOf(today);
  const verdicts = objects.flatMap((object) => rules.filter((rule) => concerns(rule, object.kind)).map((rule) => judge(rule, object, stack, settings, today)));
  const findings = verdicts.flatMap((verdict) => verdict.findings);
  const excepted = verdicts.flatMap((verdict) => verdict.excepted);
  const notEvaluated = verdicts.flatMap((verdict) => verdict.notEvaluated);
  const counts = { objects: objects.length, evaluations: verdicts.length, findings: findings.length, excepted: excepted.length, notEvaluated: notEvaluated.length };
  return { findings, excepted, notEvaluated, counts };
}

/** Whether a rule looks at a kind; `*` is every kind. */
export function concerns({ kinds }: Rule, kind: string): boolean {
  return kinds.includes(kind) || kinds[0] === "*";
}

/** One rule's verdict on one object. */
export function judge(rule: Rule, object: KubernetesObject, stack: Stack, settings: Settings, today: string): Verdict {
  const violations: Finding[] = [];
  const notEvaluated: Finding[] = [];
  const collect = (check: () => Iterable<Violation>, container?: WalkedContainer) => {
    const named = container === undefined ? {} : { container: nameOf(container) };
    try {
      for (const violation of check()) violations.push({ ...named, ...violation, rule, object });
    } catch (error) {
      // Anything but an unknown value means that the object has a shape no API server would take: that blocks.
      const open = error instanceof NotEvaluable;
      const message = open ? `not evaluated: ${error.message}` : `is malformed: ${(error as Error).message}`;
      (open ? notEvaluated : violations).push({ ...named, rule, object, path: container?.path ?? "", message });
    }
  };
  if (rule.scope === "container") {
    collect(() => {
      const pod = podOf(object);
      if (pod !== undefined) for (const container of containersOf(pod)) collect(() => rule.check(container, object, settings), container);
      return [];
    });
  } else {
    collect(() => (rule.scope === "object" ? rule.check(object, settings) : rule.check(object, stack, settings)));
  }
  return { ...except(violations, rule, object, today), notEvaluated };
}

function except(violations: readonly Finding[], rule: Rule, object: KubernetesObject, today: string): Pick<Verdict, "findings" | "excepted"> {
  if (violations.length === 0 || rule.id === exceptionRuleId) return { findings: violations, excepted: [] };
  let exception;
  try {
    exception = exceptionsOf(object, today).find(({ ruleId, problem }) => ruleId === rule.id && problem === undefined);
  } catch {
    // An annotation that cannot be read excepts from nothing; X09 says that it could not be evaluated.
  }
  if (exception === undefined) return { findings: violations, excepted: [] };
  const { reason, until } = exception;
  return { findings: [], excepted: violations.map((violation) => ({ ...violation, reason, until })) };
}

function nameOf(container: WalkedContainer): string {
  try {
    return container.spec.name ?? container.path;
  } catch {
    return container.path;
  }
}
