import { isWindows as celWindows, volumes } from "../../cel/pods.ts";
import { podOf } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";
import { isWindows, restricted, standard } from "./standard.ts";

const allowed = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

const volumeTypes: ObjectRule = {
  ...standard,
  ...restricted("Volume Types", { scanners: ["Trivy KSV-0028"] }),
  id: "X01-volume-types",
  severity: "high",
  scope: "object",
  title: "Pods mount only volume types that the restricted profile allows",
  rationale:
    "The node itself mounts a file system that a pod names, such as nfs: network policies and storage quotas do not apply.",
  remediation:
    "volumes:\n  - name: data\n    persistentVolumeClaim:\n      claimName: <claim>   # of a PersistentVolume with that nfs, iscsi, … source",
  admission: [
    {
      expression: `${volumes}.all(volume, ${["hostPath", ...allowed].map((type) => `has(volume.${type})`).join(" || ")})`,
      message: `a volume is none of ${allowed.join(", ")}`,
    },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const [index, volume] of (pod?.spec.volumes ?? []).entries()) {
      const types = Object.keys(volume).filter(
        (field) => field !== "name" && volume[field as keyof typeof volume] != null,
      );
      // A volume without a source is an emptyDir; hostPath is X01-host-path's.
      if (types.length === 0 || types.some((type) => type === "hostPath" || allowed.includes(type))) continue;
      yield {
        path: `${pod?.path}.volumes[${index}].${types[0]}`,
        message: `volume "${volume.name}" is of type ${types.join(", ")}`,
      };
    }
  },
};

const readOnlyRoot: ContainerRule = {
  ...standard,
  id: "X01-read-only-root",
  severity: "medium",
  scope: "container",
  title: "Containers set readOnlyRootFilesystem",
  rationale: "What cannot be written cannot be replaced by an intruder, nor fill the node's disk.",
  remediation:
    "securityContext:\n  readOnlyRootFilesystem: true\n# and an emptyDir with a sizeLimit for each path the program writes to",
  sources: {
    scanners: [
      "kube-linter no-read-only-root-fs",
      "Trivy KSV-0014",
      "Checkov CKV_K8S_22",
      "kube-score container-security-context-readonlyrootfilesystem",
      "Polaris notReadOnlyRootFilesystem",
    ],
  },
  admission: [
    {
      expression: `${celWindows} || container.?securityContext.?readOnlyRootFilesystem.orValue(false) == true`,
      message: "readOnlyRootFilesystem is not true",
    },
  ],
  *check({ spec, path, pod }) {
    if (spec.securityContext?.readOnlyRootFilesystem !== true && !isWindows(pod)) {
      yield { path: `${path}.securityContext.readOnlyRootFilesystem`, message: "readOnlyRootFilesystem is not true" };
    }
  },
};

/** The file systems of a pod. */
export const volumeRules: readonly Rule[] = [volumeTypes, readOnlyRoot];
