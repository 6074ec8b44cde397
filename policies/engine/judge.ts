import { levelOf } from "./enforcement.ts";
import { type Exception, exceptionsOf } from "../model/exceptions.ts";
import { foreignPods, hasForeignPods } from "../model/foreign-pods.ts";
import { NotEvaluable } from "../model/not-evaluable.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { containersOf, podOf } from "../model/pod-spec-walker.ts";
import type { WalkedContainer } from "../model/pod-spec-walker.ts";
import type { Finding, Rule, Violation } from "../rules/rule.ts";
import { exceptionRuleId } from "../rules/exceptions/exceptions.ts";
import { rulesAsOf } from "../rules/index.ts";
import { settingsFor } from "./overrides.ts";
import type { Settings } from "./settings.ts";
import { indexObjects } from "../model/object-index.ts";
import type { ObjectIndex } from "../model/object-index.ts";
import { unknownContainers } from "../model/unknown-containers.ts";

/** A finding that an exception on the object answers for. */
export interface ExceptedFinding extends Finding {
  readonly reason: string;
  readonly until: string;
}

/** The verdict of one rule on one object, or of all rules on all objects. */
export interface Verdict {
  readonly findings: readonly Finding[];
  readonly excepted: readonly ExceptedFinding[];
  /** What could not be decided, with the reason as its message; under the setting `strict` it is a finding instead. */
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

/**
 * Judges objects that belong together by every rule that is not disabled. `today` is `YYYY-MM-DD`. Pure: the same input
 * gives the same report. `among` are all
 * objects that belong together, where only some of them are judged.
 */
export function evaluate(
  objects: readonly KubernetesObject[],
  settings: Settings,
  today: string,
  among: readonly KubernetesObject[] = objects,
): Report {
  const index = indexObjects(among);
  const rulesOf = rulesByKind(settings, today);
  const findings: Finding[] = [];
  const excepted: ExceptedFinding[] = [];
  const notEvaluated: Finding[] = [];
  const podRules = rulesOf("PodTemplate").filter(({ kinds }) => kinds[0] !== "*");
  let evaluations = 0;
  const stumbled = new Set<KubernetesObject>();
  const add = (verdict: Verdict) => {
    if (verdict === passed) return;
    for (const finding of verdict.findings) {
      if (finding.message === malformed && stumbled.has(finding.object)) continue; // once an object is enough
      if (finding.message === malformed) stumbled.add(finding.object);
      findings.push(finding);
    }
    excepted.push(...verdict.excepted);
    notEvaluated.push(...verdict.notEvaluated);
  };
  for (const object of objects) {
    const rules = rulesOf(object.kind);
    const own = settingsFor(object, settings);
    evaluations += rules.length;
    for (const rule of rules) add(judge(rule, object, index, own, today));
    if (hasForeignPods(object)) {
      evaluations += podRules.length;
      for (const rule of podRules) add(judgePods(rule, object, index, own, today));
    }
    add(unseenPods(object, podRules, own));
  }
  const counts = {
    objects: objects.length,
    evaluations,
    findings: findings.length,
    excepted: excepted.length,
    notEvaluated: notEvaluated.length,
  };
  return { findings, excepted, notEvaluated, counts };
}

/** The rules that look at a kind, as a table that is made once: without those the settings disable. */
export function rulesByKind(settings: Settings, today: string): (kind: string) => readonly Rule[] {
  const rules = rulesAsOf(today).filter((rule) => levelOf(rule, settings) !== "disabled");
  const table = new Map<string, readonly Rule[]>();
  return (kind) => {
    let ofKind = table.get(kind);
    if (ofKind === undefined) table.set(kind, (ofKind = rules.filter((rule) => concerns(rule, kind))));
    return ofKind;
  };
}

/** Whether a rule looks at a kind; `*` is every kind. */
export function concerns({ kinds }: Rule, kind: string): boolean {
  return kinds.includes(kind) || kinds[0] === "*";
}

/** Whether a rule looks at an object, or at the pods in it. */
export function looksAt(rule: Rule, object: KubernetesObject): boolean {
  return concerns(rule, object.kind) || (hasForeignPods(object) && rule.kinds.includes("PodTemplate"));
}

const passed: Verdict = { findings: [], excepted: [], notEvaluated: [] };

/** What a rule says that stumbles over a field: its own words for it are no more than JavaScript's. */
const malformed = "is malformed: a field that this rule reads has a shape that no API server takes";

/** One rule's verdict on one object; `settings` are the object's own, see `settingsFor`. */
export function judge(
  rule: Rule,
  object: KubernetesObject,
  index: ObjectIndex,
  settings: Settings,
  today: string,
): Verdict {
  const violations: Finding[] = [];
  const open: Finding[] = [];
  const collect = (check: () => Iterable<Violation>, container?: WalkedContainer) => {
    try {
      for (const violation of check()) violations.push({ ...named(container), ...violation, rule, object });
    } catch (error) {
      // Anything but an unknown value means that the object has a shape no API server would take: that blocks.
      const unknown = error instanceof NotEvaluable;
      const message = unknown ? `not evaluated: ${error.message}` : malformed;
      (unknown && !settings.strict ? open : violations).push({
        ...named(container),
        rule,
        object,
        path: container?.path ?? "",
        message,
      });
    }
  };
  if (rule.scope === "container") {
    collect(() => {
      const pod = podOf(object);
      if (pod !== undefined)
        for (const container of containersOf(pod)) collect(() => rule.check(container, object, settings), container);
      return [];
    });
  } else {
    collect(() => (rule.scope === "object" ? rule.check(object, settings) : rule.check(object, index, settings)));
  }
  if (violations.length === 0 && open.length === 0) return passed;
  return { ...except(violations, rule, object, today), notEvaluated: open };
}

/**
 * One rule's verdict on all pods in an object of another controller's kind; passed for every other object, and for
 * rules that look at no pods.
 */
export function judgePods(
  rule: Rule,
  object: KubernetesObject,
  index: ObjectIndex,
  settings: Settings,
  today: string,
): Verdict {
  if (!hasForeignPods(object) || !rule.kinds.includes("PodTemplate") || rule.kinds[0] === "*") return passed;
  let pods: readonly KubernetesObject[];
  try {
    pods = foreignPods(object);
  } catch (error) {
    if (!(error instanceof NotEvaluable)) throw error;
    return open({ rule, object, path: "", message: `not evaluated: ${error.message}` }, settings);
  }
  const verdicts = pods.map((pod) => judge(rule, pod, index, settings, today)).filter((verdict) => verdict !== passed);
  const ofObject = <Found extends Finding>(found: readonly Found[]) => found.map((finding) => ({ ...finding, object }));
  return verdicts.length === 0
    ? passed
    : {
        findings: verdicts.flatMap(({ findings }) => ofObject(findings)),
        excepted: verdicts.flatMap(({ excepted }) => ofObject(excepted)),
        notEvaluated: verdicts.flatMap(({ notEvaluated }) => ofObject(notEvaluated)),
      };
}

/** A verdict that is left open, and a finding where none may be. */
function open(finding: Finding, { strict }: Settings): Verdict {
  return strict ? { ...passed, findings: [finding] } : { ...passed, notEvaluated: [finding] };
}

/**
 * Says once that nobody looks at the containers in an object of a kind that is not known, for the first rule that
 * would: under `strict` as a finding.
 */
function unseenPods(object: KubernetesObject, podRules: readonly Rule[], settings: Settings): Verdict {
  const rule = podRules.find(({ id }) => id === "X01-privileged") ?? podRules[0];
  const path = rule === undefined ? undefined : unknownContainers(object);
  if (rule === undefined || path === undefined) return passed;
  return open(
    { rule, object, path, message: "not evaluated: holds containers, in a kind whose pods the rules do not know" },
    settings,
  );
}

function except(
  violations: readonly Finding[],
  rule: Rule,
  object: KubernetesObject,
  today: string,
): Pick<Verdict, "findings" | "excepted"> {
  if (violations.length === 0 || rule.id === exceptionRuleId) return { findings: violations, excepted: [] };
  let exception: Exception | undefined;
  try {
    exception = exceptionsOf(object, today).find(({ ruleId, problem }) => ruleId === rule.id && problem === undefined);
  } catch {
    // An annotation that cannot be read excepts from nothing; X09 says that it could not be evaluated.
  }
  if (exception === undefined) return { findings: violations, excepted: [] };
  const { reason, until } = exception;
  return { findings: [], excepted: violations.map((violation) => ({ ...violation, reason, until })) };
}

function named(container: WalkedContainer | undefined): { container?: string } {
  if (container === undefined) return {};
  try {
    return { container: container.spec.name ?? container.path };
  } catch {
    return { container: container.path };
  }
}
