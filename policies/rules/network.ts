import type { V1IPBlock, V1LabelSelector } from "@kubernetes/client-node";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { podOf, workloadKinds } from "../pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import { selects } from "../selectors.ts";
import { namespaceAnsweredBy } from "../stack.ts";

/** The fields of a NetworkPolicy the rules read, as the API spells them. */
interface NetworkPolicySpec {
  readonly podSelector?: V1LabelSelector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly unknown[];
  readonly egress?: readonly EgressRule[];
}

interface EgressRule {
  readonly to?: readonly { readonly ipBlock?: V1IPBlock }[];
  readonly ports?: readonly unknown[];
}

const base = { row: ["X05"], severity: "high" } as const;

const defaultDeny: StackRule = {
  ...base,
  id: "X05-default-deny",
  scope: "stack",
  kinds: ["Namespace", ...workloadKinds],
  title: "Namespaces with workloads deny all traffic by default",
  rationale: "A pod that no policy selects may talk to everything, and everything to it.",
  remediation: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: default-deny\nspec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]",
  *check(object, stack) {
    const namespace = namespaceAnsweredBy(object, stack);
    if (namespace === undefined) return;
    const denied = stack.inNamespace("NetworkPolicy", namespace).filter(isDenial).flatMap((policy) => specOf(policy).policyTypes ?? []);
    for (const direction of ["Ingress", "Egress"]) {
      if (!denied.includes(direction)) yield { path: "", message: `namespace "${namespace}" has no NetworkPolicy that denies ${direction} by default` };
    }
  },
};

const workloadSelected: StackRule = {
  ...base,
  id: "X05-flows-declared",
  scope: "stack",
  kinds: workloadKinds,
  title: "Each workload has a NetworkPolicy with its flows",
  rationale: "Under default-deny a workload without its own policy reaches nothing, not even DNS; without default-deny it reaches everything.",
  remediation: [
    "apiVersion: networking.k8s.io/v1", "kind: NetworkPolicy", "spec:", "  podSelector:", "    matchLabels: { app: <the pods' label> }",
    "  policyTypes: [Ingress, Egress]", "  egress:", "    - to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: kube-dns } } }]",
    "      ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]",
  ].join("\n"),
  *check(object, stack) {
    const labels = podOf(object)?.labels ?? {};
    const policies = stack.inNamespace("NetworkPolicy", object.namespace).filter((policy) => !isDenial(policy));
    if (!policies.some((policy) => selects(specOf(policy).podSelector, labels))) {
      yield { path: "", message: "no NetworkPolicy besides the default denial selects its pods" };
    }
  },
};

const egressOpen: ObjectRule = {
  ...base,
  id: "X05-egress-open",
  scope: "object",
  kinds: ["NetworkPolicy"],
  title: "NetworkPolicies do not open egress to everywhere",
  rationale: "Open egress is how data leaves, and how an intruder calls home.",
  remediation: "egress:\n  - to:\n      - podSelector:\n          matchLabels: { app: <whom it talks to> }\n    ports:\n      - port: 5432",
  *check(object) {
    for (const [index, { to = [], ports = [] }] of (specOf(object).egress ?? []).entries()) {
      if (to.length === 0 && ports.length === 0) {
        yield { path: `spec.egress[${index}]`, message: "egress is open to everywhere" };
      }
      for (const [peer, { ipBlock }] of to.entries()) {
        if (ipBlock === undefined || !/^(?:0\.0\.0\.0|::)\/0$/.test(ipBlock.cidr) || (ipBlock.except ?? []).length > 0) continue;
        yield { path: `spec.egress[${index}].to[${peer}].ipBlock`, message: `egress is open to ${ipBlock.cidr} without exception` };
      }
    }
  },
};

function specOf(policy: KubernetesObject): NetworkPolicySpec {
  return (policy.manifest["spec"] ?? {}) as NetworkPolicySpec;
}

function isDenial(policy: KubernetesObject): boolean {
  const { podSelector = {}, ingress = [], egress = [] } = specOf(policy);
  const everyPod = Object.keys(podSelector.matchLabels ?? {}).length === 0 && (podSelector.matchExpressions ?? []).length === 0;
  return everyPod && ingress.length === 0 && egress.length === 0;
}

/** X05: default denial, and exactly the flows that exist. */
export const networkRules: readonly Rule[] = [defaultDeny, workloadSelected, egressOpen];
