import type { V1NetworkPolicySpec } from "@kubernetes/client-node";
import type { KubernetesObject } from "./kubernetes-object.ts";

/** The directions that a NetworkPolicy is about. Where it does not say: ingress always, and egress where it has rules for it. */
export function typesOf(policy: KubernetesObject): readonly string[] {
  const { policyTypes, egress } = policySpec(policy);
  if ((policyTypes ?? []).length > 0) return policyTypes!;
  return (egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

/** A NetworkPolicy's spec. */
export function policySpec(policy: KubernetesObject): Partial<V1NetworkPolicySpec> {
  return (policy.manifest["spec"] ?? {}) as Partial<V1NetworkPolicySpec>;
}
