import { literal } from "../../cel/template.ts";
import { podKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule } from "../rule.ts";

const base = { scope: "object", severity: "medium" } as const;

/** Where the cluster's own programs are, which must run before and beside all others. */
const systemNamespace = "kube-system";
const inSystemNamespace = `object.metadata.?namespace.orValue("default") == "${systemNamespace}"`;

const nodeName: ObjectRule = {
  ...base,
  id: "X04-node-name",
  row: ["X04"],
  // A pod that runs has the name of its node, which the scheduler wrote.
  kinds: podKinds.filter((kind) => kind !== "Pod"),
  title: "Pods set no nodeName",
  rationale: "A pod with nodeName goes past room, taints and spreading, and is gone for good with that node.",
  remediation: "nodeSelector:\n  <the label that matters>: <value>   # instead of nodeName",
  admission: [{ expression: 'variables.pod.?nodeName.orValue("") == ""', message: "nodeName is set" }],
  *check(object) {
    const pod = podOf(object);
    if (pod?.spec.nodeName) yield { path: `${pod.path}.nodeName`, message: `nodeName is ${pod.spec.nodeName}` };
  },
};

const systemClasses = ["system-node-critical", "system-cluster-critical"];

const systemPriority: ObjectRule = {
  ...base,
  id: "X04-system-priority",
  row: ["X04"],
  kinds: podKinds,
  title: "Pods do not use the cluster's own priority classes",
  rationale: "It would push DNS and the network off a full node, and everything else stops with them.",
  remediation: "priorityClassName: <a PriorityClass of your own>   # or none",
  admission: [
    {
      expression: `${inSystemNamespace} || !(variables.pod.?priorityClassName.orValue("") in ${literal(systemClasses)})`,
      message: "priorityClassName is one of the cluster's own",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    const name = pod?.spec.priorityClassName ?? "";
    if (systemClasses.includes(name) && object.namespace !== systemNamespace) {
      yield {
        path: `${pod?.path}.priorityClassName`,
        message: `priorityClassName is ${name}, which is for the cluster's own programs`,
      };
    }
  },
};

const controlPlane = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
const blockingEffects = ["", "NoSchedule"];

const controlPlaneToleration: ObjectRule = {
  ...base,
  id: "X01-control-plane-toleration",
  row: ["X01"],
  kinds: podKinds,
  title: "Pods do not tolerate the taint of the control plane",
  rationale:
    "A pod that breaks out there is beside the API server's keys and etcd, and its load slows the whole cluster.",
  remediation: "tolerations:\n  - key: <a taint of your own nodes>\n    operator: Equal\n    value: <value>",
  admission: [
    {
      expression: `${inSystemNamespace} || variables.pod.?tolerations.orValue([]).all(toleration, ${[
        `!(toleration.?key.orValue("") in ${literal(controlPlane)})`,
        `(toleration.?key.orValue("") != "" || toleration.?operator.orValue("Equal") != "Exists" || !(toleration.?effect.orValue("") in ${literal(blockingEffects)}))`,
      ].join(" && ")})`,
      message: "tolerates the taint of the control plane",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const [index, { key, operator, effect }] of (pod?.spec.tolerations ?? []).entries()) {
      const everything = !key && operator === "Exists" && blockingEffects.includes(effect ?? "");
      if (!everything && !controlPlane.includes(key ?? "")) continue;
      if (object.namespace === systemNamespace) return; // asked last, because it may not be known yet
      yield {
        path: `${pod?.path}.tolerations[${index}]`,
        message: everything ? "tolerates every taint, the control plane's too" : `tolerates ${key}`,
      };
    }
  },
};

/** Where pods run. */
export const placementRules: readonly Rule[] = [nodeName, systemPriority, controlPlaneToleration];
