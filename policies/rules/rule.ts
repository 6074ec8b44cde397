import type { Cel } from "../cel/template.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import type { RuleNumbers } from "./numbers.ts";
import type { WalkedContainer } from "../model/pod-spec-walker.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** How much harm a violation does; `high` and above block by default. */
export type Severity = "low" | "medium" | "high" | "critical";

/** What a check has to say about the object (and container) it was given. Never holds the value of a credential. */
export interface Violation {
  /** The field that is wrong or missing, from the object's root. */
  readonly path: string;
  /** The line of the field's text that is meant, counted from 0. @default the field */
  readonly textLine?: number;
  /** What is wrong, as the end of "Deployment data/api, container "api": …". */
  readonly message: string;
  /** Lines to write, where they depend on the object or on settings; the rule's remediation otherwise. */
  readonly fix?: string;
  /** The container, where a rule about the whole object means one. */
  readonly container?: string;
}

/** Where else the same is asked for, so that a report can speak a framework's language. */
export interface Sources {
  /** The Pod Security Standards' control, at the lowest level that has it. */
  readonly podSecurity?: { readonly level: "baseline" | "restricted"; readonly control: string };
  /** Recommendations of the CIS Kubernetes Benchmark, section 5: `5.2.6`. */
  readonly cis?: readonly string[];
  /** Checks of other scanners, each with the scanner's name: `kube-linter run-as-non-root`, `Trivy KSV-0012`. */
  readonly scanners?: readonly string[];
}

/** What the API server evaluates for a rule: CEL that is true where all is well. */
export interface CelCheck {
  /**
   * In a rule about containers it reads `container` (of every role) and `variables.pod` (the pod spec); in a rule about
   * an object it reads `object`,
   * and `variables.pod` where the kind has one. Optional fields are asked for with `has()` or `.?field.orValue(…)`.
   */
  readonly expression: Cel | string;
  /** What is wrong where it is false, in the words of the rule's own message as far as these need no value. */
  readonly message: string;
}

/**
 * CEL, a function of the settings where it holds their numbers, or why CEL cannot say it: an admission policy sees one
 * object at a time.
 */
export type Admission =
  | readonly CelCheck[]
  | ((settings: RuleNumbers) => readonly CelCheck[])
  | { readonly beyondCel: string };

interface RuleText {
  /**
   * `X02-container-resources`: the requirement's row and a name; also the policy's name and the end of an exception's
   * annotation.
   */
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
  /** @default none beside the rows */
  readonly sources?: Sources;
  readonly admission: Admission;
  /**
   * Sub-expressions of the CEL by name, which each check reads as `variables.<name>` and the API server works out once.
   * @default none beside `variables.pod`
   */
  readonly celVariables?: Readonly<Record<string, Cel>>;
}

/** Looks at one container at a time, so that an unknown value in one hides nothing about the others. */
export interface ContainerRule extends RuleText {
  readonly scope: "container";
  check(container: WalkedContainer, object: KubernetesObject, settings: RuleNumbers): Iterable<Violation>;
}

/** Looks at one object. */
export interface ObjectRule extends RuleText {
  readonly scope: "object";
  check(object: KubernetesObject, settings: RuleNumbers): Iterable<Violation>;
}

/** Looks at one object in the light of all others; the verdict, and an exception from it, belong to that object. */
export interface StackRule extends RuleText {
  readonly scope: "stack";
  check(object: KubernetesObject, objects: ObjectIndex, settings: RuleNumbers): Iterable<Violation>;
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
