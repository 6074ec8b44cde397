import type { V1PodDisruptionBudgetSpec } from "@kubernetes/client-node";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { longRunningKinds, podOf, workloadKinds } from "../../model/pod-spec-walker.ts";
import { isReplicated, minimumReplicas } from "../../facts/replicas.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import { selecting, workloadsSelected } from "../../facts/selected-pods.ts";

const base = { row: ["X04"], severity: "high" } as const;

const allPods = "^[1-9][0-9]{2,}%$";
const noPods = "^0+%?$";

const disruptionBudget: StackRule = {
  ...base,
  id: "X04-disruption-budget",
  severity: "medium",
  scope: "stack",
  kinds: ["Deployment", "StatefulSet"],
  title: "Workloads with replicas have a PodDisruptionBudget",
  rationale: "Without one, draining nodes may take all replicas at once.",
  remediation: [
    "apiVersion: policy/v1",
    "kind: PodDisruptionBudget",
    "spec:",
    "  maxUnavailable: 1",
    "  unhealthyPodEvictionPolicy: AlwaysAllow",
    "  selector:",
    "    matchLabels: { app: <the pods' label> }",
  ].join("\n"),
  sources: {
    scanners: [
      "kube-score deployment-has-poddisruptionbudget",
      "kube-score statefulset-has-poddisruptionbudget",
      "Polaris missingPodDisruptionBudget",
    ],
  },
  admission: { beyondCel: "The budget is another object." },
  *check(object, objects) {
    if (!isReplicated(object, objects)) return;
    for (const _budget of selecting("PodDisruptionBudget", podOf(object)?.labels ?? {}, object.namespace, objects))
      return;
    yield { path: "", message: "has replicas, but no PodDisruptionBudget selects its pods" };
  },
};

const evictionPossible: StackRule = {
  ...base,
  id: "X04-eviction-possible",
  scope: "stack",
  kinds: ["PodDisruptionBudget"],
  title: "PodDisruptionBudgets allow at least one eviction",
  rationale: "A budget that allows none stops every node drain and upgrade until somebody deletes it.",
  remediation: "spec:\n  maxUnavailable: 1   # instead of minAvailable",
  sources: {
    scanners: [
      "kube-linter pdb-max-unavailable",
      "kube-linter pdb-min-available",
      "Polaris pdbDisruptionsIsZero",
      "Polaris pdbMinAvailableGreaterThanHPAMinReplicas",
    ],
  },
  admission: { beyondCel: "How many pods the budget speaks of is said by the workload, or by its autoscaler." },
  *check(object, objects) {
    const { selector, minAvailable, maxUnavailable } = budgetSpec(object);
    for (const workload of workloadsSelected(selector, object.namespace, objects)) {
      if (!(longRunningKinds as readonly string[]).includes(workload.kind)) continue;
      const replicas = minimumReplicas(workload, objects);
      if (replicas === 0) continue; // scaled to nothing, or from nothing by an autoscaler
      if (maxUnavailable !== undefined && podsOf(maxUnavailable, replicas) < 1) {
        yield {
          path: "spec.maxUnavailable",
          message: `maxUnavailable ${maxUnavailable} never lets a pod of ${workload.ref} be evicted`,
        };
      }
      if (minAvailable !== undefined && podsOf(minAvailable, replicas) >= replicas) {
        yield {
          path: "spec.minAvailable",
          message: `minAvailable ${minAvailable} never lets a pod of ${workload.ref} be evicted: it may have only ${replicas}`,
        };
      }
    }
  },
};

const protects: ObjectRule = {
  ...base,
  id: "X04-budget-protects",
  scope: "object",
  kinds: ["PodDisruptionBudget"],
  title: "PodDisruptionBudgets keep some pods",
  rationale: "A budget that allows every eviction looks like protection and is none.",
  remediation: "spec:\n  maxUnavailable: 1",
  sources: { scanners: ["kube-score poddisruptionbudget-has-policy"] },
  admission: [
    {
      expression: "object.?spec.?maxUnavailable.hasValue() || object.?spec.?minAvailable.hasValue()",
      message: "has neither maxUnavailable nor minAvailable",
    },
    {
      expression: `!string(object.?spec.?maxUnavailable.orValue("")).matches("${allPods}")`,
      message: "maxUnavailable lets all pods be evicted at once",
    },
    {
      expression: `!string(object.?spec.?minAvailable.orValue("")).matches("${noPods}")`,
      message: "minAvailable lets all pods be evicted at once",
    },
  ],
  *check(object) {
    const { minAvailable, maxUnavailable } = budgetSpec(object);
    if ((minAvailable ?? maxUnavailable ?? undefined) === undefined)
      yield { path: "spec", message: "has neither maxUnavailable nor minAvailable" };
    if (new RegExp(allPods).test(String(maxUnavailable)))
      yield {
        path: "spec.maxUnavailable",
        message: `maxUnavailable ${maxUnavailable} lets all pods be evicted at once`,
      };
    if (new RegExp(noPods).test(String(minAvailable)))
      yield { path: "spec.minAvailable", message: `minAvailable ${minAvailable} lets all pods be evicted at once` };
  },
};

const oneBudget: StackRule = {
  ...base,
  id: "X04-one-budget",
  scope: "stack",
  kinds: workloadKinds,
  title: "Each pod belongs to one PodDisruptionBudget",
  rationale:
    "The eviction API refuses to evict a pod that two budgets select, whatever they allow, and node drains hang.",
  remediation:
    "# keep one of the budgets, and let the other's selector match other pods:\nspec:\n  selector:\n    matchLabels: { app: <the pods' own label> }",
  admission: { beyondCel: "The budgets are other objects." },
  *check(object, objects) {
    const budgets = [...selecting("PodDisruptionBudget", podOf(object)?.labels ?? {}, object.namespace, objects)];
    if (budgets.length > 1)
      yield {
        path: "",
        message: `its pods are selected by ${budgets
          .map(({ ref }) => ref)
          .sort()
          .join(" and ")}`,
      };
  },
};

const unhealthyEvictable: ObjectRule = {
  ...base,
  id: "X04-unhealthy-evictable",
  scope: "object",
  kinds: ["PodDisruptionBudget"],
  severity: "medium",
  title: "PodDisruptionBudgets set unhealthyPodEvictionPolicy to AlwaysAllow",
  rationale: "By default a pod that never becomes Ready blocks the drain of its node for ever.",
  remediation: "spec:\n  unhealthyPodEvictionPolicy: AlwaysAllow",
  sources: { scanners: ["kube-linter pdb-unhealthy-pod-eviction-policy"] },
  admission: [
    {
      expression: 'object.?spec.?unhealthyPodEvictionPolicy.orValue("") == "AlwaysAllow"',
      message: "unhealthyPodEvictionPolicy is not AlwaysAllow",
    },
  ],
  *check(object) {
    const policy = budgetSpec(object).unhealthyPodEvictionPolicy;
    if (policy !== "AlwaysAllow")
      yield {
        path: "spec.unhealthyPodEvictionPolicy",
        message: `unhealthyPodEvictionPolicy is ${policy ?? "not set"}, must be AlwaysAllow`,
      };
  },
};

function budgetSpec(budget: KubernetesObject): V1PodDisruptionBudgetSpec {
  return (budget.manifest["spec"] ?? {}) as V1PodDisruptionBudgetSpec;
}

/** Kubernetes rounds both percentages up. */
function podsOf(share: number | string, replicas: number): number {
  const percent = /^(\d+)%$/.exec(String(share))?.[1];
  return percent === undefined ? Number(share) : Math.ceil((Number(percent) * replicas) / 100);
}

/** X04: what node drains may take at once. */
export const disruptionBudgetRules: readonly Rule[] = [
  disruptionBudget,
  evictionPossible,
  protects,
  oneBudget,
  unhealthyEvictable,
];
