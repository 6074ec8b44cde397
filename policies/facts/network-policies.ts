import type { V1NetworkPolicySpec } from "@kubernetes/client-node";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { matchesAll } from "../model/label-selectors.ts";

/**
 * The directions that a NetworkPolicy is about. Where it does not say: ingress always, and egress where it has rules
 * for it.
 */
export function typesOf(policy: KubernetesObject): readonly string[] {
  const { policyTypes, egress } = policySpec(policy);
  if ((policyTypes ?? []).length > 0) return policyTypes!;
  return (egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

/** A NetworkPolicy's spec. */
export function policySpec(policy: KubernetesObject): Partial<V1NetworkPolicySpec> {
  return (policy.manifest["spec"] ?? {}) as Partial<V1NetworkPolicySpec>;
}

/** The directions that a policy denies to all pods of its namespace; none for one that also opens something. */
export function deniedBy(policy: KubernetesObject): readonly string[] {
  const { ingress, egress } = policySpec(policy);
  const types = typesOf(policy);
  const opens = types.some((type) => ((type === "Ingress" ? ingress : egress) ?? []).length > 0);
  return opens || !matchesAll(policySpec(policy).podSelector ?? {}) ? [] : types;
}
