import type { V1PersistentVolumeClaimSpec, V1PodSpec } from "@kubernetes/client-node";
import { sharedOnOneNode } from "../../model/annotations.ts";
import { known } from "../../model/not-evaluable.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { jobKinds, podOf, workloadKinds } from "../../model/pod-spec-walker.ts";
import { isReplicated } from "../../facts/replicas.ts";
import type { StackRule } from "../rule.ts";

const replicatedKinds = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

/** X07, E07: a volume of one node for the pods of one node. */
export const sharedVolume: StackRule = {
  id: "X07-shared-volume",
  scope: "stack",
  kinds: workloadKinds,
  row: ["X07", "E07"],
  severity: "high",
  title: "Pods that share a volume can all mount it",
  rationale:
    "A ReadWriteOnce volume is attached to one node: a pod on another node waits for it for ever, and a rollout with it.",
  remediation: [
    "accessModes: [ReadWriteMany]   # on the claim, with a class that can do it",
    "# or a required podAffinity with topologyKey kubernetes.io/hostname; or, where something else keeps all its pods on one node, on the claim:",
    "# metadata:",
    "#   annotations:",
    `#     ${sharedOnOneNode}: "<what keeps them there>"`,
  ].join("\n"),
  admission: { beyondCel: "The claim and the other workloads that mount it are other objects." },
  *check(object, objects) {
    const pod = podOf(object);
    for (const [index, { persistentVolumeClaim }] of (pod?.spec.volumes ?? []).entries()) {
      const name = persistentVolumeClaim?.claimName;
      const claim = name === undefined ? undefined : objects.named("PersistentVolumeClaim", object.namespace, name);
      if (claim === undefined || pod === undefined || !isOfOneNode(claim) || isKeptOnOneNode(pod.spec)) continue;
      const others = (objects.once(mounts).get(`${object.namespace} ${name}`) ?? []).filter(
        (other) => other.ref !== object.ref && !(isJob(object) && isJob(other)),
      );
      const replicated =
        object.kind === "DaemonSet" || (replicatedKinds.includes(object.kind) && isReplicated(object, objects));
      const sharers = [...(replicated ? ["its own replicas"] : []), ...others.map(({ ref }) => ref).sort()];
      if (sharers.length > 0) {
        const mode = specOf(claim).accessModes?.join(", ");
        yield {
          path: `${pod.path}.volumes[${index}]`,
          message: `shares the ${mode} claim "${name}" with ${sharers.join(", ")}`,
        };
      }
    }
  },
};

/** Runs end, so that one on another node waits for the volume, and not for ever. */
const isJob = ({ kind }: KubernetesObject) => jobKinds.some((job) => job === kind);

const hostname = "kubernetes.io/hostname";

/** By the node's name, or by an affinity that puts its pods where others of them are. */
function isKeptOnOneNode({ nodeName, nodeSelector, affinity }: V1PodSpec): boolean {
  const terms = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return (
    Boolean(nodeName) ||
    nodeSelector?.[hostname] !== undefined ||
    terms.some(({ topologyKey }) => topologyKey === hostname)
  );
}

function isOfOneNode(claim: KubernetesObject): boolean {
  const modes = specOf(claim).accessModes ?? [];
  return (
    !modes.includes("ReadWriteMany") && !modes.includes("ReadOnlyMany") && !claim.annotations[sharedOnOneNode]?.trim()
  );
}

/** The workloads that mount a claim, by `namespace claim`. */
function mounts(objects: readonly KubernetesObject[]): ReadonlyMap<string, readonly KubernetesObject[]> {
  const users = new Map<string, KubernetesObject[]>();
  for (const object of objects) {
    const claims =
      known(() =>
        (podOf(object)?.spec.volumes ?? []).map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName),
      ) ?? [];
    for (const claim of new Set(claims)) {
      if (claim === undefined) continue;
      const key = `${known(() => object.namespace)} ${claim}`;
      users.set(key, [...(users.get(key) ?? []), object]);
    }
  }
  return users;
}

function specOf(claim: KubernetesObject): Partial<V1PersistentVolumeClaimSpec> {
  return (claim.manifest["spec"] ?? {}) as Partial<V1PersistentVolumeClaimSpec>;
}
