import { inMebibytes, parseQuantity } from "../../../settings/quantity.ts";
import { volumes } from "../../cel/pods.ts";
import { cel, piece } from "../../cel/template.ts";
import type { Cel } from "../../cel/template.ts";
import { podDemand } from "../../facts/pod-demand.ts";
import { containersOf, podKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule } from "../rule.ts";

const base = { row: ["X02"], severity: "high", scope: "object", kinds: podKinds } as const;

const scratchSize: ObjectRule = {
  ...base,
  id: "X02-scratch-size",
  title: "Volumes of type emptyDir have a sizeLimit",
  rationale:
    "An emptyDir without sizeLimit takes the node's disk, or with medium Memory its memory, until the node evicts everything.",
  remediation: "volumes:\n  - name: scratch\n    emptyDir:\n      sizeLimit: 64Mi",
  admission: [
    {
      expression: `${volumes}.all(volume, !has(volume.emptyDir) || has(volume.emptyDir.sizeLimit))`,
      message: "an emptyDir has no sizeLimit",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const [index, { name, emptyDir }] of (pod?.spec.volumes ?? []).entries()) {
      if (!emptyDir || (emptyDir.sizeLimit ?? undefined) !== undefined) continue;
      yield {
        path: `${pod?.path}.volumes[${index}].emptyDir.sizeLimit`,
        message: `volume "${name}" is an emptyDir without sizeLimit`,
      };
    }
  },
};

const limitOf = (container: Cel) =>
  cel`quantity(${container}.?resources.?limits[?"ephemeral-storage"].orValue("0")).asApproximateFloat()`;
const sum = (containers: Cel) => cel`${containers}.map(one, ${limitOf(piece("one"))}).sum()`;

/** `main` and `steps` are the pod's containers and init containers, `sidecars` those of the steps that keep running. */
const celVariables = {
  main: cel`variables.pod.?containers.orValue([])`,
  steps: cel`variables.pod.?initContainers.orValue([])`,
  sidecars: cel`variables.steps.filter(step, step.?restartPolicy.orValue("") == "Always")`,
  names: cel`variables.steps.map(step, step.name)`,
  onDisk: cel`${volumes}
    .filter(volume, has(volume.emptyDir) && has(volume.emptyDir.sizeLimit) && volume.emptyDir.?medium.orValue("") == "")
    .map(volume, quantity(string(volume.emptyDir.sizeLimit)).asApproximateFloat()).sum()`,
};
const before = cel`variables.sidecars
  .filter(sidecar, variables.names.indexOf(sidecar.name) < variables.names.indexOf(step.name))`;

const scratchFits: ObjectRule = {
  ...base,
  id: "X02-scratch-fits",
  title: "A pod's scratch volumes fit into its ephemeral-storage limit",
  rationale:
    "The kubelet evicts a pod whose scratch volumes and logs are together above what its containers may use: a larger sizeLimit is a promise that is not kept.",
  remediation:
    "resources:\n  limits:\n    ephemeral-storage: 1Gi   # the sizeLimits of all the pod's emptyDirs on disk, and room for its logs",
  admission: [
    {
      // A container without a limit is X02-ephemeral-storage's.
      expression: cel`(variables.main + variables.steps).exists(one, ${limitOf(piece("one"))} <= 0.0)
        || ${sum(piece("variables.main"))} + ${sum(piece("variables.sidecars"))} >= variables.onDisk
        || variables.steps.exists(step, step.?restartPolicy.orValue("") != "Always"
          && ${limitOf(piece("step"))} + ${sum(before)} >= variables.onDisk)`,
      message: "scratch volumes are together above the pod's ephemeral-storage limit",
    },
  ],
  celVariables,
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined) return;
    for (const { role, spec } of containersOf(pod)) {
      if (role !== "ephemeral" && !(Number(parseQuantity(spec.resources?.limits?.["ephemeral-storage"])) > 0)) return; // X02-ephemeral-storage's
    }
    const scratch = (pod.spec.volumes ?? []).filter(
      ({ emptyDir }) => emptyDir && !emptyDir.medium && emptyDir.sizeLimit,
    );
    const needed = scratch.reduce((total, { emptyDir }) => total + (parseQuantity(emptyDir?.sizeLimit) ?? 0), 0);
    const limit = podDemand(object, { list: "limits", name: "ephemeral-storage" });
    if (needed <= limit) return;
    yield {
      path: `${pod.path}.volumes`,
      message: `scratch volumes of ${inMebibytes(needed)} (${scratch.map(({ name, emptyDir }) => `${name} ${emptyDir?.sizeLimit}`).join(", ")}) are above the pod's ephemeral-storage limit of ${inMebibytes(limit)}`,
      fix: `resources:\n  limits:\n    ephemeral-storage: ${inMebibytes(needed)}   # and room for logs`,
    };
  },
};

/** X02: scratch space that is bounded, and that a pod may use. */
export const scratchRules: readonly Rule[] = [scratchSize, scratchFits];
