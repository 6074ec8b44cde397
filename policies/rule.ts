import type { KubernetesObject } from "./kubernetes-object.ts";
import type { WalkedContainer } from "./pod-spec-walker.ts";
import type { Settings } from "./settings.ts";
import type { Stack } from "./stack.ts";

/** How much harm a violation does; `high` and above block by default. */
export type Severity = "low" | "medium" | "high" | "critical";

/** What a check has to say about the object (and container) it was given. Never holds the value of a credential. */
export interface Violation {
  /** The field that is wrong or missing, from the object's root. */
  readonly path: string;
  /** What is wrong, as the end of "Deployment data/api, container "api": …". */
  readonly message: string;
  /** Lines to write, where they depend on the object or on settings; the rule's remediation otherwise. */
  readonly fix?: string;
  /** The container, where a rule about the whole object means one. */
  readonly container?: string;
}

interface RuleText {
  /** `X02-container-resources`: the requirement's row and a name; also the policy's name and the end of an exception's annotation. */
  readonly id: string;
  readonly title: string;
  readonly rationale: string;
  /** Requirement rows. */
  readonly row: readonly [string, ...string[]];
  readonly severity: Severity;
  /** The YAML lines to write. */
  readonly remediation: string;
  /** Kinds the rule looks at. */
  readonly kinds: readonly string[];
}

/** Looks at one container at a time, so that an unknown value in one hides nothing about the others. */
export interface ContainerRule extends RuleText {
  readonly scope: "container";
  check(container: WalkedContainer, object: KubernetesObject, settings: Settings): Iterable<Violation>;
}

/** Looks at one object. */
export interface ObjectRule extends RuleText {
  readonly scope: "object";
  check(object: KubernetesObject, settings: Settings): Iterable<Violation>;
}

/** Looks at one object in the light of all others; the verdict, and an exception from it, belong to that object. */
export interface StackRule extends RuleText {
  readonly scope: "stack";
  check(object: KubernetesObject, stack: Stack, settings: Settings): Iterable<Violation>;
}

/** A rule. Checks are generators: what was found before an unknown value is met still counts. */
export type Rule = ContainerRule | ObjectRule | StackRule;

/** A violation of a rule, or (in {@link Report.notEvaluated}) the reason why nobody can tell. */
export interface Finding extends Violation {
  readonly rule: Rule;
  readonly object: KubernetesObject;
}

/** A finding as a person reads it: where, what, why, and the lines to write. */
export function render({ rule, object, container, path, message, fix }: Finding): string {
  const where = container === undefined ? object.ref : `${object.ref}, container "${container}"`;
  return [
    `${where}: ${message} [${rule.id}]`,
    ...(path === "" ? [] : [`  at ${path}`]),
    `  why: ${rule.rationale}`,
    "  fix:",
    ...(fix ?? rule.remediation).split("\n").map((line) => `    ${line}`),
  ].join("\n");
}
