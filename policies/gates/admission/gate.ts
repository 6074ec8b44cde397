import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from "@kubernetes/client-node";
import { levelOf } from "../../engine/enforcement.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Settings } from "../../engine/settings.ts";
import { bindingsOf } from "./binding.ts";
import type { Mode } from "./binding.ts";
import type { NamespaceSelector } from "./conditions.ts";
import { policyOf } from "./policy.ts";

/** A rule as the API server enforces it. */
export interface GuardedRule {
  readonly rule: Rule;
  readonly policy: V1ValidatingAdmissionPolicy;
  readonly bindings: readonly V1ValidatingAdmissionPolicyBinding[];
}

/** Everything the API server can enforce, and what it cannot. */
export interface AdmissionGate {
  readonly guarded: readonly GuardedRule[];
  /** Rules that only the other gates have, each with the reason. */
  readonly unguarded: readonly { readonly rule: Rule; readonly reason: string }[];
}

/** Namespaces that enforce the restricted Pod Security Standard, as all of ours do. */
export const ourNamespaces: NamespaceSelector = { key: "pod-security.kubernetes.io/enforce", value: "restricted" };

/**
 * The rules as admission policies and their bindings. Pure: the same input gives the same manifests. Throws for a kind
 * that is not in the table of kinds.
 */
export function admissionGate(
  rules: readonly Rule[],
  settings: Settings,
  mode: Mode = "deny",
  selector = ourNamespaces,
): AdmissionGate {
  const guarded: GuardedRule[] = [];
  const unguarded: { rule: Rule; reason: string }[] = [];
  for (const rule of rules) {
    const policy = levelOf(rule, settings) === "disabled" ? undefined : policyOf(rule, settings, selector);
    if (policy === undefined) unguarded.push({ rule, reason: reasonOf(rule, settings) });
    else guarded.push({ rule, policy, bindings: bindingsOf(rule, settings, mode, selector) });
  }
  return { guarded, unguarded };
}

function reasonOf(rule: Rule, settings: Settings): string {
  if (levelOf(rule, settings) === "disabled")
    return settings.enforcement[rule.id] === undefined
      ? `profile ${settings.profile} does not hold it`
      : "the settings disable it";
  return "beyondCel" in rule.admission ? rule.admission.beyondCel : "the settings leave nothing to check";
}
