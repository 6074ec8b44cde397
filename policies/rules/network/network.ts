import { deniedBy } from "../../facts/network-policies.ts";
import { podOf, workloadKinds } from "../../model/pod-spec-walker.ts";
import type { Rule, StackRule } from "../rule.ts";
import { selecting } from "../../facts/selected-pods.ts";
import { namespaceAnsweredBy } from "../../model/object-index.ts";
import { networkFlowRules } from "./network-flows.ts";
import { networkPathRules } from "./network-paths.ts";

const base = { row: ["X05"], severity: "high" } as const;

const defaultDeny: StackRule = {
  ...base,
  id: "X05-default-deny",
  scope: "stack",
  kinds: ["Namespace", ...workloadKinds],
  title: "Namespaces with workloads deny all traffic by default",
  rationale: "A pod that no policy selects may talk to everything, and everything to it.",
  remediation:
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny\nspec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]",
  sources: { cis: ["5.3.2"], scanners: ["Polaris missingNetworkPolicy"] },
  admission: { beyondCel: "The policies are other objects, which come after their namespace." },
  *check(object, objects) {
    const namespace = namespaceAnsweredBy(object, objects);
    if (namespace === undefined) return;
    const denied = objects.inNamespace("NetworkPolicy", namespace).flatMap(deniedBy);
    for (const direction of ["Ingress", "Egress"]) {
      if (!denied.includes(direction))
        yield {
          path: "",
          message: `namespace "${namespace}" has no NetworkPolicy that denies ${direction} by default`,
        };
    }
  },
};

const workloadSelected: StackRule = {
  ...base,
  id: "X05-flows-declared",
  scope: "stack",
  kinds: workloadKinds,
  title: "Each workload has a NetworkPolicy with its flows",
  rationale:
    "Under default-deny a workload without its own policy reaches nothing, not even DNS; without default-deny it reaches everything.",
  remediation: [
    "apiVersion: networking.k8s.io/v1",
    "kind: NetworkPolicy",
    "spec:",
    "  podSelector:",
    "    matchLabels: { app: <the pods' label> }",
    "  policyTypes: [Ingress, Egress]",
    "  egress:",
    "    - to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: kube-dns } } }]",
    "      ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]",
  ].join("\n"),
  sources: {
    cis: ["5.3.2"],
    scanners: ["kube-linter non-isolated-pod", "kube-score pod-networkpolicy", "Checkov CKV2_K8S_6"],
  },
  admission: { beyondCel: "The policies are other objects." },
  *check(object, objects) {
    for (const policy of selecting("NetworkPolicy", podOf(object)?.labels ?? {}, object.namespace, objects)) {
      if (deniedBy(policy).length === 0) return;
    }
    yield { path: "", message: "no NetworkPolicy besides the default denial selects its pods" };
  },
};

/** X05: default denial, and exactly the flows that exist. */
export const networkRules: readonly Rule[] = [defaultDeny, workloadSelected, ...networkFlowRules, ...networkPathRules];
