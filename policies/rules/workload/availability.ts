import type { V1Affinity } from "@kubernetes/client-node";
import { podKinds, podOf } from "../../model/pod-spec-walker.ts";
import { isReplicated } from "../../facts/replicas.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import { selects } from "../../model/label-selectors.ts";
import { disruptionBudgetRules } from "./disruption-budgets.ts";
import { rolloutRules } from "./rollouts.ts";

const spread: StackRule = {
  id: "X04-spread",
  scope: "stack",
  kinds: ["Deployment", "StatefulSet"],
  row: ["X04"],
  severity: "medium",
  title: "Replicas are spread over nodes",
  rationale: "Replicas on one node fail together.",
  remediation: [
    "topologySpreadConstraints:",
    "  - topologyKey: kubernetes.io/hostname",
    "    maxSkew: 1",
    "    whenUnsatisfiable: ScheduleAnyway",
    "    labelSelector:",
    "      matchLabels: { app: <the pods' label> }",
  ].join("\n"),
  sources: {
    scanners: [
      "kube-linter no-anti-affinity",
      "kube-score deployment-has-host-podantiaffinity",
      "kube-score statefulset-has-host-podantiaffinity",
      "Polaris topologySpreadConstraint",
    ],
  },
  admission: { beyondCel: "Whether a workload has more than one replica may be said by its autoscaler." },
  *check(object, objects) {
    const pod = podOf(object);
    if (pod === undefined || !isReplicated(object, objects)) return;
    const selectors = [...(pod.spec.topologySpreadConstraints ?? []), ...antiAffinityTerms(pod.spec.affinity)].map(
      ({ labelSelector }) => labelSelector,
    );
    const path = `${pod.path}.topologySpreadConstraints`;
    if (selectors.length === 0)
      yield { path, message: "has replicas, but neither topologySpreadConstraints nor podAntiAffinity" };
    else if (!selectors.some((selector) => selects(selector, pod.labels))) {
      yield {
        path,
        message:
          "has replicas, but no labelSelector of its topologySpreadConstraints and podAntiAffinity matches its own pods",
      };
    }
  },
};

const gracePeriod: ObjectRule = {
  id: "X04-grace-period",
  scope: "object",
  kinds: podKinds,
  row: ["X04"],
  severity: "medium",
  title: "Pods set terminationGracePeriodSeconds",
  rationale: "The default of 30 s cuts off whatever needs longer, and nobody decided it.",
  remediation: "terminationGracePeriodSeconds: 30   # what this program needs to finish its work",
  admission: {
    beyondCel:
      "The API server writes its default into the pod before policies see it, so that none and 30 s are the same to them.",
  },
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined || (pod.spec.terminationGracePeriodSeconds ?? 0) > 0) return;
    const path = `${pod.path}.terminationGracePeriodSeconds`;
    yield { path, message: `terminationGracePeriodSeconds is ${pod.spec.terminationGracePeriodSeconds ?? "not set"}` };
  },
};

const controlled: ObjectRule = {
  id: "X04-pod-controlled",
  scope: "object",
  kinds: ["Pod"],
  row: ["X04"],
  severity: "medium",
  title: "Long-running pods have a controller",
  rationale: "A Pod of its own is gone with its node, and nothing makes another.",
  remediation:
    "apiVersion: apps/v1\nkind: Deployment   # with this pod as its template; a Pod that is meant to end says restartPolicy: Never",
  admission: [
    {
      expression:
        'object.metadata.?ownerReferences.orValue([]).size() > 0 || variables.pod.?restartPolicy.orValue("Always") != "Always"',
      message: "runs for ever without a controller",
    },
  ],
  *check(object) {
    const owned = (object.manifest.metadata?.ownerReferences ?? []).length > 0;
    const restartPolicy = podOf(object)?.spec.restartPolicy ?? "Always";
    if (!owned && restartPolicy === "Always")
      yield { path: "spec.restartPolicy", message: "runs for ever without a controller" };
  },
};

function antiAffinityTerms(affinity: V1Affinity | undefined) {
  const rules = affinity?.podAntiAffinity;
  return [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ];
}

/** X04: disruption budgets, spread, rollouts and graceful shutdown. */
export const availabilityRules: readonly Rule[] = [
  ...disruptionBudgetRules,
  spread,
  gracePeriod,
  controlled,
  ...rolloutRules,
];
