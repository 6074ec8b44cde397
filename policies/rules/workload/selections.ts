import { seesAllOf } from "../../model/ownership.ts";
import type { Rule, StackRule } from "../rule.ts";
import { selectorOf, workloadsSelected } from "../../facts/selected-pods.ts";
import { matchesAll } from "../../model/label-selectors.ts";
import type { SelectingKind } from "../../facts/selected-pods.ts";

/** On the pods that cert-manager makes while it proves a host by HTTP-01. */
const acmeSolver = "acme.cert-manager.io/http01-solver";

/** What differs between the kinds that select pods. */
interface Selection {
  readonly kind: SelectingKind;
  readonly id: string;
  readonly row: readonly [string];
  readonly path: string;
  readonly title: string;
  readonly rationale: string;
  readonly scanners: readonly string[];
}

const selections: readonly Selection[] = [
  {
    kind: "Service",
    id: "X05-service-selects",
    row: ["X05"],
    path: "spec.selector",
    title: "Services select pods",
    rationale: "A Service without pods refuses every connection, although it looks healthy.",
    scanners: ["kube-linter dangling-service", "kube-score service-targets-pod"],
  },
  {
    kind: "NetworkPolicy",
    id: "X05-policy-selects",
    row: ["X05"],
    path: "spec.podSelector",
    title: "NetworkPolicies select pods",
    rationale: "The pods it was written for are left to the default: cut off, or open to all.",
    scanners: ["kube-linter dangling-networkpolicy", "kube-score networkpolicy-targets-pod"],
  },
  {
    kind: "PodDisruptionBudget",
    id: "X04-budget-selects",
    row: ["X04"],
    path: "spec.selector",
    title: "PodDisruptionBudgets select pods",
    rationale: "The pods it was written for may all be evicted at once.",
    scanners: [],
  },
];

function selectionRule({ kind, path, scanners, ...text }: Selection): StackRule {
  return {
    ...text,
    scope: "stack",
    kinds: [kind],
    severity: "high",
    remediation:
      "selector:   # podSelector of a NetworkPolicy\n  matchLabels: { app: <the label of the workload's pods> }   # without matchLabels in a Service",
    ...(scanners.length === 0 ? {} : { sources: { scanners } }),
    admission: { beyondCel: "The pods are other objects." },
    *check(object, objects) {
      const selector = selectorOf(object);
      if (kind === "PodDisruptionBudget" && !selector)
        yield { path, message: "has no selector, and so selects no pods" };
      // A Service without a selector has its endpoints from elsewhere; "all pods" is right for a namespace that has
      // none yet.
      if (!selector || matchesAll(selector)) return;
      // No stack declares these pods, and without the policy no certificate is ever issued.
      if (kind === "NetworkPolicy" && selector.matchLabels?.[acmeSolver] !== undefined) return;
      for (const _workload of workloadsSelected(selector, object.namespace, objects)) return;
      if (seesAllOf(object.namespace, objects))
        yield { path, message: `selects no pods of namespace "${object.namespace}"` };
    },
  };
}

/** X04, X05: selectors that match. */
export const selectionRules: readonly Rule[] = selections.map(selectionRule);
