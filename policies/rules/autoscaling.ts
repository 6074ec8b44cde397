import type { Rule, StackRule } from "../rule.ts";
import { autoscalerOf } from "../stack.ts";

const noReplicas: StackRule = {
  id: "P02-autoscaled-replicas",
  scope: "stack",
  kinds: ["Deployment", "StatefulSet"],
  row: ["P02", "X10"],
  severity: "high",
  title: "Autoscaled workloads declare no replicas",
  rationale: "Every `pulumi up` would set the number back while the autoscaler is scaling.",
  remediation: "spec:   # without replicas; the autoscaler's minReplicas is the floor",
  *check(object, stack) {
    const replicas = (object.manifest["spec"] as { replicas?: number } | undefined)?.replicas;
    const scaler = autoscalerOf(object, stack);
    if (scaler === undefined || replicas === undefined || replicas === null) return;
    yield { path: "spec.replicas", message: `declares ${replicas} replicas, which ${scaler.ref} sets` };
  },
};

/** P02: autoscaling. */
export const autoscalingRules: readonly Rule[] = [noReplicas];
