import type { V1ValidatingAdmissionPolicyBinding } from "@kubernetes/client-node";
import { levelOf } from "../../engine/enforcement.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Settings } from "../../engine/settings.ts";
import type { NamespaceSelector } from "./conditions.ts";
import { servedKinds } from "./kinds.ts";
import type { Scope } from "./kinds.ts";
import { metadataOf, policyName, resourceRules } from "./policy.ts";

/** The modes, from the strictest. */
export const modes = ["deny", "warn", "audit"] as const;

/**
 * The most that a violation leads to: the request is refused, its sender is warned, or the audit log has a line more.
 */
export type Mode = (typeof modes)[number];

const suffixes: Readonly<Record<Scope, string>> = { namespaced: "", namespace: "-namespaces", cluster: "-cluster" };

/**
 * Where a rule's policy holds, and what a violation leads to: one binding for each way in which objects are told to be
 * ours.
 */
export function bindingsOf(
  rule: Rule,
  settings: Settings,
  mode: Mode,
  { key, value }: NamespaceSelector,
): V1ValidatingAdmissionPolicyBinding[] {
  const scopes = Map.groupBy(servedKinds(rule).values(), ({ scope = "namespaced" }) => scope);
  return [...scopes].map(([scope, kinds]) => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: metadataOf(`${policyName(rule.id)}${suffixes[scope]}`, rule),
    spec: {
      policyName: policyName(rule.id),
      validationActions: actionsOf(rule, settings, mode, scope),
      matchResources: {
        resourceRules: resourceRules(kinds, rule),
        // The API server would hold a selector against a namespace's own new labels: the policy's condition sees the
        // old ones too.
        ...(scope === "namespaced" && { namespaceSelector: { matchLabels: { [key]: value } } }),
      },
    },
  }));
}

/**
 * Nothing says whose a cluster-wide object is, the control plane's own or an operator's: refusing one could lock them
 * out.
 */
function actionsOf(rule: Rule, settings: Settings, mode: Mode, scope: Scope): string[] {
  if (mode === "audit") return ["Audit"];
  return mode === "deny" && scope !== "cluster" && levelOf(rule, settings) === "mandatory"
    ? ["Deny"]
    : ["Warn", "Audit"];
}
