import type { V1Affinity, V1PodDisruptionBudgetSpec } from "@kubernetes/client-node";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { longRunningKinds, podKinds, podOf } from "../pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import { selects } from "../selectors.ts";
import { autoscalerOf, minimumReplicas } from "../stack.ts";
import type { Stack } from "../stack.ts";

const replicated = { scope: "stack", kinds: ["Deployment", "StatefulSet"], row: ["X04"], severity: "high" } as const;

const disruptionBudget: StackRule = {
  ...replicated,
  id: "X04-disruption-budget",
  title: "Workloads with replicas have a PodDisruptionBudget",
  rationale: "Without one, draining nodes may take all replicas at once.",
  remediation: "apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels: { app: <the pods' label> }",
  *check(object, stack) {
    if (!isReplicated(object, stack)) return;
    const labels = podOf(object)?.labels ?? {};
    const budgets = stack.inNamespace("PodDisruptionBudget", object.namespace);
    if (!budgets.some((budget) => selects(budgetSpec(budget).selector, labels))) {
      yield { path: "", message: "has replicas, but no PodDisruptionBudget selects its pods" };
    }
  },
};

const budgetAllowsEviction: StackRule = {
  ...replicated,
  id: "X04-eviction-possible",
  kinds: ["PodDisruptionBudget"],
  title: "PodDisruptionBudgets allow at least one eviction",
  rationale: "A budget that allows none stops every node drain and upgrade until somebody deletes it.",
  remediation: "spec:\n  maxUnavailable: 1   # instead of minAvailable",
  *check(object, stack) {
    const { selector, minAvailable, maxUnavailable } = budgetSpec(object);
    for (const kind of longRunningKinds) {
      for (const workload of stack.inNamespace(kind, object.namespace)) {
        if (!selects(selector, podOf(workload)?.labels ?? {})) continue;
        const replicas = minimumReplicas(workload, stack);
        if (replicas === 0) continue; // scaled to nothing, or from nothing by an autoscaler
        if (maxUnavailable !== undefined && podsOf(maxUnavailable, replicas) < 1) {
          yield { path: "spec.maxUnavailable", message: `maxUnavailable ${maxUnavailable} never lets a pod of ${workload.ref} be evicted` };
        }
        if (minAvailable !== undefined && podsOf(minAvailable, replicas) >= replicas) {
          yield { path: "spec.minAvailable", message: `minAvailable ${minAvailable} never lets a pod of ${workload.ref} be evicted: it may have only ${replicas}` };
        }
      }
    }
  },
};

const spread: StackRule = {
  ...replicated,
  id: "X04-spread",
  title: "Replicas are spread over nodes",
  rationale: "Replicas on one node fail together.",
  remediation: [
    "topologySpreadConstraints:", "  - topologyKey: kubernetes.io/hostname", "    maxSkew: 1", "    whenUnsatisfiable: ScheduleAnyway",
    "    labelSelector:", "      matchLabels: { app: <the pods' label> }",
  ].join("\n"),
  *check(object, stack) {
    const pod = podOf(object);
    if (pod === undefined || !isReplicated(object, stack)) return;
    const constraints = pod.spec.topologySpreadConstraints ?? [];
    if (constraints.length === 0 && !hasAntiAffinity(pod.spec.affinity)) {
      yield { path: `${pod.path}.topologySpreadConstraints`, message: "has replicas, but neither topologySpreadConstraints nor podAntiAffinity" };
    }
  },
};

const gracePeriod: ObjectRule = {
  id: "X04-grace-period",
  scope: "object",
  kinds: podKinds,
  row: ["X04"],
  severity: "medium",
  title: "Pods say how long a clean shutdown takes",
  rationale: "The default of 30 s cuts off whatever needs longer, and nobody decided it.",
  remediation: "terminationGracePeriodSeconds: 30   # what this program needs to finish its work",
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined || (pod.spec.terminationGracePeriodSeconds ?? 0) > 0) return;
    const path = `${pod.path}.terminationGracePeriodSeconds`;
    yield { path, message: `terminationGracePeriodSeconds is ${pod.spec.terminationGracePeriodSeconds ?? "not set"}` };
  },
};

function isReplicated(workload: KubernetesObject, stack: Stack): boolean {
  return autoscalerOf(workload, stack) !== undefined || minimumReplicas(workload, stack) > 1;
}

function budgetSpec(budget: KubernetesObject): V1PodDisruptionBudgetSpec {
  return (budget.manifest["spec"] ?? {}) as V1PodDisruptionBudgetSpec;
}

/** Kubernetes rounds both percentages up. */
function podsOf(share: number | string, replicas: number): number {
  const percent = /^(\d+)%$/.exec(String(share))?.[1];
  return percent === undefined ? Number(share) : Math.ceil((Number(percent) * replicas) / 100);
}

function hasAntiAffinity(affinity: V1Affinity | undefined): boolean {
  const rules = affinity?.podAntiAffinity;
  return [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
  ].length > 0;
}

/** X04: disruption budgets, spread, and graceful shutdown. */
export const availabilityRules: readonly Rule[] = [disruptionBudget, budgetAllowsEviction, spread, gracePeriod];
