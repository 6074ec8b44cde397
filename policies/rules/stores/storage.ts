import { cel } from "../../cel/template.ts";
import type {
  V1PersistentVolumeClaim,
  V1PersistentVolumeSpec,
  V1StatefulSetSpec,
  V1StorageClass,
} from "@kubernetes/client-node";
import { parseQuantity } from "../../../settings/quantity.ts";
import { volumes } from "../../cel/pods.ts";
import { keptStoreKind } from "../../facts/data-stores.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { podKinds } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule, StackRule } from "../rule.ts";
import { sharedVolume } from "./shared-volumes.ts";

const memoryVolume: ContainerRule = {
  id: "X02-memory-volume",
  scope: "container",
  kinds: podKinds,
  row: ["X02"],
  severity: "high",
  title: "Volumes of medium Memory fit into their container's memory limit",
  rationale:
    "What is written to such a volume counts as the container's memory: it is killed before the volume is full.",
  remediation:
    "volumes:\n  - name: shared-memory\n    emptyDir:\n      medium: Memory\n      sizeLimit: 64Mi   # less than the memory limit of each container that mounts it",
  admission: [
    {
      expression: cel`!container.?resources.?limits[?"memory"].hasValue()
        || container.?volumeMounts.orValue([]).all(mount, ${volumes}.all(volume, volume.name != mount.name
          || volume.?emptyDir.?medium.orValue("") != "Memory" || !has(volume.emptyDir.sizeLimit)
          || quantity(string(volume.emptyDir.sizeLimit)).isLessThan(quantity(string(container.resources.limits["memory"])))))`,
      message: "a volume in memory is not smaller than the container's memory limit",
    },
  ],
  *check({ spec, path, pod }) {
    const memory = spec.resources?.limits?.["memory"];
    const limit = parseQuantity(memory);
    if (limit === undefined) return;
    for (const [index, { name }] of (spec.volumeMounts ?? []).entries()) {
      const scratch = (pod.spec.volumes ?? []).find((volume) => volume.name === name)?.emptyDir;
      const size = scratch?.medium === "Memory" ? parseQuantity(scratch.sizeLimit) : undefined;
      if (size === undefined || size < limit) continue;
      yield {
        path: `${path}.volumeMounts[${index}]`,
        message: `volume "${name}" takes up to ${scratch?.sizeLimit} of memory, and the container's limit is ${memory}`,
      };
    }
  },
};

const volumeDeclared: ContainerRule = {
  id: "X07-volume-declared",
  scope: "container",
  kinds: podKinds,
  row: ["X07"],
  severity: "high",
  title: "Containers mount volumes that their pod declares",
  rationale: "The API server refuses the pod, at the latest when its controller makes one.",
  remediation:
    "volumes:\n  - name: <the mount's name>\n    persistentVolumeClaim:\n      claimName: <a claim of this namespace>",
  admission: [
    {
      expression: cel`container.?volumeMounts.orValue([]).all(mount, ${volumes}.exists(volume, volume.name == mount.name)
        || object.?spec.?volumeClaimTemplates.orValue([]).exists(claim, claim.metadata.name == mount.name))`,
      message: "mounts a volume that the pod does not declare",
    },
  ],
  *check({ spec, path, pod }, object) {
    const declared = new Set([
      ...(pod.spec.volumes ?? []).map(({ name }) => name),
      ...claimTemplates(object).map(({ metadata }) => metadata?.name),
    ]);
    for (const [index, { name }] of (spec.volumeMounts ?? []).entries()) {
      if (!declared.has(name))
        yield {
          path: `${path}.volumeMounts[${index}].name`,
          message: `mounts volume "${name}", which the pod does not declare`,
        };
    }
  },
};

const celVariables = {
  claims: cel`has(object.spec.volumeClaimTemplates) ? object.spec.volumeClaimTemplates
    : object.kind == "PersistentVolumeClaim" ? [object] : []`,
};

const claimSize: ObjectRule = {
  id: "X07-claim-size",
  scope: "object",
  kinds: ["PersistentVolumeClaim", "StatefulSet"],
  row: ["X07"],
  severity: "high",
  title: "PersistentVolumeClaims set storage and accessModes",
  rationale:
    "The API server refuses a claim without a size or an access mode, and a StatefulSet with such a template makes no pods.",
  remediation: "spec:\n  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 20Gi",
  admission: [
    {
      expression: cel`variables.claims.all(claim, claim.?spec.?resources.?requests[?"storage"].hasValue()
        && quantity(string(claim.spec.resources.requests["storage"])).isGreaterThan(quantity("0")))`,
      message: "a claim has no storage request above zero",
    },
    {
      expression: cel`variables.claims.all(claim, claim.?spec.?accessModes.orValue([]).size() > 0)`,
      message: "a claim has no accessModes",
    },
  ],
  celVariables,
  *check(object) {
    const single = object.kind === "PersistentVolumeClaim";
    for (const [index, { metadata, spec }] of (single
      ? [object.manifest as V1PersistentVolumeClaim]
      : claimTemplates(object)
    ).entries()) {
      const [path, whose] = single
        ? ["spec", ""]
        : [`spec.volumeClaimTemplates[${index}].spec`, `claim "${metadata?.name}" `];
      const size = parseQuantity(spec?.resources?.requests?.["storage"]) ?? 0;
      if (size <= 0)
        yield { path: `${path}.resources.requests.storage`, message: `${whose}has no storage request above zero` };
      if ((spec?.accessModes ?? []).length === 0)
        yield { path: `${path}.accessModes`, message: `${whose}has no accessModes` };
    }
  },
};

const classKept: StackRule = {
  id: "X07-storage-class-kept",
  scope: "stack",
  kinds: ["StatefulSet"],
  row: ["X07"],
  severity: "critical",
  title: "Volumes of data stores are kept when their claims are deleted",
  rationale: "A class that deletes removes the disk with the claim: one wrong `kubectl delete`, and the data is gone.",
  remediation: "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nreclaimPolicy: Retain",
  admission: { beyondCel: "The StorageClass is another object." },
  *check(object, objects) {
    const kind = keptStoreKind(object);
    if (kind === undefined) return;
    for (const [index, { spec }] of claimTemplates(object).entries()) {
      const storageClass = spec?.storageClassName
        ? objects.named("StorageClass", "", spec.storageClassName)
        : undefined;
      const policy = (storageClass?.manifest as V1StorageClass | undefined)?.reclaimPolicy ?? "Delete";
      if (storageClass === undefined || policy === "Retain") continue;
      const path = `spec.volumeClaimTemplates[${index}].spec.storageClassName`;
      yield { path, message: `this data store (${kind}) is on ${storageClass.ref}, whose reclaimPolicy is ${policy}` };
    }
  },
};

const hostPathVolume: ObjectRule = {
  id: "X01-host-path-volume",
  scope: "object",
  kinds: ["PersistentVolume"],
  row: ["X01", "X07"],
  severity: "critical",
  title: "PersistentVolumes are not folders of a node",
  rationale:
    "A claim of such a volume bypasses the rule against host paths, and reaches the node's credentials and every other container.",
  remediation:
    "spec:\n  csi:   # or nfs, or local with a nodeAffinity, on a disk of its own\n    driver: <the cluster's CSI driver>\n    volumeHandle: <the disk>",
  sources: { cis: ["5.1.9"] },
  admission: [{ expression: "!has(object.spec.hostPath)", message: "is a folder of its node (hostPath)" }],
  *check(object) {
    const { hostPath } = (object.manifest["spec"] ?? {}) as V1PersistentVolumeSpec;
    if (hostPath) yield { path: "spec.hostPath", message: `is the folder ${hostPath.path} of its node` };
  },
};

function claimTemplates(object: KubernetesObject): readonly V1PersistentVolumeClaim[] {
  return (object.manifest["spec"] as V1StatefulSetSpec | undefined)?.volumeClaimTemplates ?? [];
}

/** X02, X07, X01: volumes that fit, are there, and outlive mistakes. */
export const storageRules: readonly Rule[] = [
  memoryVolume,
  volumeDeclared,
  claimSize,
  classKept,
  sharedVolume,
  hostPathVolume,
];
