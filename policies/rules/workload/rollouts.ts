import type { V1DaemonSetSpec, V1DeploymentSpec, V1StatefulSetSpec } from "@kubernetes/client-node";
import { dataStore } from "../../../components/workload/labels.ts";
import { needsRecreate } from "../../model/annotations.ts";
import { volumes } from "../../cel/pods.ts";
import { cel, literal } from "../../cel/template.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { containersOf, podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule } from "../rule.ts";

const base = { scope: "object", row: ["X04", "B15"], severity: "high" } as const;

const maxUnavailable =
  "object.?spec.?strategy.?rollingUpdate.?maxUnavailable.or(object.?spec.?updateStrategy.?rollingUpdate.?maxUnavailable)";

const serving: ObjectRule = {
  ...base,
  id: "X04-rollout-serving",
  kinds: ["Deployment", "DaemonSet"],
  title: "Rollouts keep some pods available",
  rationale:
    "Stopping every pod before the first new one is Ready is an outage at each release, and a lasting one if the release is broken.",
  remediation: [
    "strategy:",
    "  type: RollingUpdate",
    "  rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }",
    "# or, for a program that must not run twice, on the Deployment:",
    "# metadata:",
    "#   annotations:",
    `#     ${needsRecreate}: "<reason>"`,
  ].join("\n"),
  sources: { scanners: ["kube-linter no-rolling-update-strategy", "kube-score deployment-strategy"] },
  admission: [
    {
      expression: [
        'object.?spec.?strategy.?type.orValue("") != "Recreate"',
        `object.metadata.?annotations[?${literal(needsRecreate)}].orValue("").trim() != ""`,
        `object.metadata.?labels[?${literal(dataStore)}].hasValue()`,
        `object.metadata.?annotations[?${literal(dataStore)}].hasValue()`,
        `${volumes}.exists(volume, has(volume.persistentVolumeClaim))`,
      ].join(" || "),
      message: "strategy Recreate stops all pods before new ones start, without a reason",
    },
    {
      expression: [
        `!${maxUnavailable}.hasValue()`,
        `(type(${maxUnavailable}.value()) == string && !string(${maxUnavailable}.value()).matches("^[1-9][0-9]{2,}%$"))`,
        `(type(${maxUnavailable}.value()) == int && (object.spec.?replicas.orValue(1) < 2 || int(${maxUnavailable}.value()) < object.spec.replicas))`,
      ].join(" || "),
      message: "maxUnavailable lets a rollout stop all pods at once",
    },
  ],
  *check(object) {
    const spec = (object.manifest["spec"] ?? {}) as Partial<V1DeploymentSpec> & {
      updateStrategy?: V1DaemonSetSpec["updateStrategy"];
    };
    if (spec.strategy?.type === "Recreate" && !mayBeRecreated(object)) {
      yield {
        path: "spec.strategy.type",
        message: "strategy Recreate stops all pods before new ones start, without a reason",
      };
    }
    const field = object.kind === "DaemonSet" ? "updateStrategy" : "strategy";
    const share = spec[field]?.rollingUpdate?.maxUnavailable;
    const { replicas } = spec;
    const isAll =
      typeof share === "string"
        ? /^[1-9]\d{2,}%$/.test(share)
        : Number(replicas) > 1 && Number(share) >= Number(replicas);
    if (isAll)
      yield {
        path: `spec.${field}.rollingUpdate.maxUnavailable`,
        message: `maxUnavailable ${share} lets a rollout stop all pods at once`,
      };
  },
};

/** Two of one data store, or two pods on one claim, are the greater harm. */
function mayBeRecreated(object: KubernetesObject): boolean {
  if (object.annotations[needsRecreate]?.trim()) return true;
  if (object.labels[dataStore] !== undefined || object.annotations[dataStore] !== undefined) return true;
  return (podOf(object)?.spec.volumes ?? []).some(({ persistentVolumeClaim }) => Boolean(persistentVolumeClaim));
}

const completes: ObjectRule = {
  ...base,
  id: "X04-rollout-completes",
  kinds: ["StatefulSet", "DaemonSet"],
  title: "Workloads set no OnDelete strategy and no partition",
  rationale:
    "Pods then keep the old version until somebody deletes them, with the security holes that the new version closes.",
  remediation: "updateStrategy:\n  type: RollingUpdate   # and no partition",
  admission: [
    {
      expression: 'object.?spec.?updateStrategy.?type.orValue("") != "OnDelete"',
      message: "updateStrategy OnDelete keeps the old version in every pod that runs",
    },
    {
      expression: "object.?spec.?updateStrategy.?rollingUpdate.?partition.orValue(0) == 0",
      message: "a partition keeps the old version in the pods below it",
    },
  ],
  *check(object) {
    const strategy = (object.manifest["spec"] as Partial<V1StatefulSetSpec> | undefined)?.updateStrategy;
    if (strategy?.type === "OnDelete")
      yield {
        path: "spec.updateStrategy.type",
        message: "updateStrategy OnDelete keeps the old version in every pod that runs",
      };
    const partition = strategy?.rollingUpdate?.partition ?? 0;
    if (partition > 0)
      yield {
        path: "spec.updateStrategy.rollingUpdate.partition",
        message: `partition ${partition} keeps the old version in the pods below it`,
      };
  },
};

const progressDeadline: ObjectRule = {
  ...base,
  id: "X04-progress-deadline",
  kinds: ["Deployment"],
  severity: "medium",
  title: "progressDeadlineSeconds is as long as a pod may take to start",
  rationale:
    "A deadline shorter than the startup probe's patience calls a rollout failed that is only slow, and it is then rolled back.",
  remediation:
    "spec:\n  progressDeadlineSeconds: 600   # at least failureThreshold x periodSeconds of each startupProbe",
  admission: [
    {
      expression: cel`(variables.pod.?containers.orValue([]) + variables.pod.?initContainers.orValue([]))
        .all(container, !has(container.startupProbe) || container.startupProbe.?initialDelaySeconds.orValue(0)
          + container.startupProbe.?failureThreshold.orValue(3) * container.startupProbe.?periodSeconds.orValue(10)
          <= object.spec.?progressDeadlineSeconds.orValue(600))`,
      message: "progressDeadlineSeconds is shorter than a container's startupProbe may take",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined) return;
    const deadline = (object.manifest["spec"] as V1DeploymentSpec).progressDeadlineSeconds ?? 600;
    for (const { role, spec } of containersOf(pod)) {
      if (role === "ephemeral" || !spec.startupProbe) continue;
      const { initialDelaySeconds = 0, failureThreshold = 3, periodSeconds = 10 } = spec.startupProbe;
      const patience = initialDelaySeconds + failureThreshold * periodSeconds;
      if (patience <= deadline) continue;
      const message = `progressDeadlineSeconds is ${deadline}, and the startupProbe may take ${patience} s`;
      yield { path: "spec.progressDeadlineSeconds", message, container: spec.name };
    }
  },
};

const rollback: ObjectRule = {
  ...base,
  id: "B15-rollback-possible",
  kinds: ["Deployment", "StatefulSet", "DaemonSet"],
  row: ["B15", "P11"],
  title: "Rollouts can be undone",
  rationale: "Without older revisions, `kubectl rollout undo` cannot go back when a release is broken.",
  remediation: "spec:\n  revisionHistoryLimit: 10",
  admission: [
    {
      expression: "!has(object.spec.revisionHistoryLimit) || object.spec.revisionHistoryLimit > 0",
      message: "revisionHistoryLimit is 0: there is nothing to roll back to",
    },
  ],
  *check(object) {
    const { revisionHistoryLimit } = (object.manifest["spec"] ?? {}) as Partial<V1DeploymentSpec>;
    if (revisionHistoryLimit === 0)
      yield {
        path: "spec.revisionHistoryLimit",
        message: "revisionHistoryLimit is 0: there is nothing to roll back to",
      };
  },
};

/** X04, B15: rollouts that stop neither the service nor half-way, and can be undone. */
export const rolloutRules: readonly Rule[] = [serving, completes, progressDeadline, rollback];
