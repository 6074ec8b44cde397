import type { V2MetricSpec } from "@kubernetes/client-node";
import { scalerKinds, scalersOf, scalerSpec, targetOf } from "../../facts/autoscalers.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { seesAllOf } from "../../model/ownership.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";

const ceiling = "object.?spec.?maxReplicas.or(object.?spec.?maxReplicaCount)";
const floor = "object.?spec.?minReplicas.or(object.?spec.?minReplicaCount)";

const base = { kinds: scalerKinds, row: ["P02", "T04"], severity: "high" } as const;

const noReplicas: StackRule = {
  ...base,
  id: "P02-autoscaled-replicas",
  scope: "stack",
  kinds: ["Deployment", "StatefulSet"],
  row: ["P02", "X10"],
  title: "Workloads with an autoscaler set no replicas",
  rationale: "Every `pulumi up` would set the number back while the autoscaler is scaling.",
  remediation: "spec:   # without replicas; the autoscaler's minReplicas is the floor",
  sources: { scanners: ["kube-score deployment-targeted-by-hpa-does-not-have-replicas-configured"] },
  admission: {
    beyondCel:
      "The autoscaler is another object, and the API server writes replicas into every workload that names none.",
  },
  *check(object, objects) {
    const replicas = (object.manifest["spec"] as { replicas?: number } | undefined)?.replicas;
    const scaler = scalersOf(object.kind, object.namespace, object.name, objects)[0];
    if (scaler === undefined || replicas === undefined || replicas === null) return;
    yield { path: "spec.replicas", message: `declares ${replicas} replicas, which ${scaler.ref} sets` };
  },
};

const target: StackRule = {
  ...base,
  id: "P02-autoscaler-target",
  scope: "stack",
  title: "Autoscalers have a target that exists",
  rationale:
    "An autoscaler of a workload that is gone, or is spelled in another way, scales nothing and says so only in its conditions.",
  remediation: "scaleTargetRef:\n  apiVersion: apps/v1\n  kind: Deployment\n  name: <a workload of this namespace>",
  sources: {
    scanners: ["kube-linter dangling-horizontalpodautoscaler", "kube-score horizontalpodautoscaler-has-target"],
  },
  admission: { beyondCel: "The target is another object." },
  *check(object, objects) {
    const { kind, name = "" } = targetOf(object);
    const { namespace } = object;
    if (objects.named(kind, namespace, name) !== undefined || !seesAllOf(namespace, objects)) return;
    yield { path: "spec.scaleTargetRef", message: `there is no ${kind} "${name}" in namespace "${namespace}"` };
  },
};

const oneScaler: StackRule = {
  ...base,
  id: "P02-one-autoscaler",
  scope: "stack",
  title: "Each workload has one autoscaler",
  rationale: "Two autoscalers set the replicas back and forth, each by its own measure.",
  remediation:
    "# one HorizontalPodAutoscaler with both metrics, or one ScaledObject with both triggers:\nspec:\n  metrics: [<the first>, <the second>]",
  admission: { beyondCel: "The other autoscaler is another object." },
  *check(object, objects) {
    if (isMadeByKeda(object)) return;
    const { kind, name = "" } = targetOf(object);
    const others = scalersOf(kind, object.namespace, name, objects).filter(
      (other) => other.ref !== object.ref && !isMadeByKeda(other),
    );
    if (others.length > 0)
      yield {
        path: "spec.scaleTargetRef",
        message: `${kind} "${name}" is also scaled by ${others
          .map(({ ref }) => ref)
          .sort()
          .join(" and ")}`,
      };
  },
};

const range: ObjectRule = {
  ...base,
  id: "P02-autoscaler-range",
  scope: "object",
  title: "Autoscalers have a minimum below their maximum",
  rationale:
    "A floor above the ceiling scales nothing, a ceiling of one neither; a ceiling that nobody decided is KEDA's 100; from nothing a load on pods cannot be measured.",
  remediation: "spec:\n  minReplicas: 3\n  maxReplicas: 8   # minReplicaCount and maxReplicaCount of a ScaledObject",
  admission: [
    { expression: `${ceiling}.hasValue()`, message: "has no maxReplicas (maxReplicaCount of a ScaledObject)" },
    {
      expression: `!${ceiling}.hasValue() || ${ceiling}.value() > 1`,
      message: "maxReplicas is below 2, which never scales",
    },
    {
      expression: `!${floor}.hasValue() || !${ceiling}.hasValue() || ${floor}.value() <= ${ceiling}.value()`,
      message: "minReplicas is above maxReplicas",
    },
    {
      expression: "!object.?spec.?minReplicas.hasValue() || object.spec.minReplicas > 0",
      message: "minReplicas is 0, and pods that are not there have no load to be measured",
    },
  ],
  *check(object) {
    const { minReplicas, maxReplicas, fields } = scalerSpec(object);
    if (maxReplicas === undefined || maxReplicas === null)
      yield { path: `spec.${fields.max}`, message: `has no ${fields.max}` };
    else if (minReplicas > maxReplicas)
      yield {
        path: `spec.${fields.min}`,
        message: `${fields.min} ${minReplicas} is above ${fields.max} ${maxReplicas}`,
      };
    else if (maxReplicas < 2)
      yield { path: `spec.${fields.max}`, message: `${fields.max} ${maxReplicas} never scales` };
    if (object.kind === "HorizontalPodAutoscaler" && minReplicas < 1) {
      yield {
        path: `spec.${fields.min}`,
        message: `minReplicas is ${minReplicas}, and pods that are not there have no load to be measured`,
      };
    }
  },
};

const measured: ObjectRule = {
  ...base,
  id: "P02-autoscaler-measure",
  scope: "object",
  severity: "medium",
  title: "Autoscalers set a metric and a target utilization that leaves room",
  rationale:
    "Without a metric Kubernetes scales at 80 % of the cpu request, which nobody chose; with a target above 100 % pods are slow before they scale.",
  remediation:
    "metrics:\n  - type: Resource\n    resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }",
  admission: { beyondCel: "The API server writes its default metric into the autoscaler before policies see it." },
  *check(object, settings) {
    const { measures, fields } = scalerSpec(object);
    const cpu = (object.manifest["spec"] as { targetCPUUtilizationPercentage?: number } | undefined)
      ?.targetCPUUtilizationPercentage; // autoscaling/v1
    if (measures.length === 0 && cpu === undefined)
      yield { path: `spec.${fields.measures}`, message: `has no ${fields.measures}` };
    const { maxUtilization } = settings["P02-autoscaler-measure"];
    for (const [index, measure] of measures.entries()) {
      const { resource, containerResource } = measure as Partial<Pick<V2MetricSpec, "resource" | "containerResource">>;
      const { name, target: at } = resource ?? containerResource ?? {};
      const share = at?.averageUtilization;
      if (share === undefined || share === null || (share > 0 && share <= maxUtilization)) continue;
      yield {
        path: `spec.metrics[${index}]`,
        message: `scales at ${share} % of the ${name} request, must be at 1 to ${maxUtilization} %`,
      };
    }
  },
};

/** KEDA makes a HorizontalPodAutoscaler for each ScaledObject, which a live cluster shows beside it. */
function isMadeByKeda({ manifest }: KubernetesObject): boolean {
  return (manifest.metadata?.ownerReferences ?? []).some(
    (owner) => (owner as { kind?: string }).kind === "ScaledObject",
  );
}

/** P02, T04: autoscaling. */
export const autoscalingRules: readonly Rule[] = [noReplicas, target, oneScaler, range, measured];
