import { inMebibytes, parseQuantity } from "../../settings/quantity.ts";
import { volumes } from "../cel.ts";
import { podDemand } from "../pod-demand.ts";
import { containersOf, podKinds, podOf } from "../pod-spec-walker.ts";
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

const limitOf = (container: string) =>
  `quantity(${container}.?resources.?limits[?"ephemeral-storage"].orValue("0")).asApproximateFloat()`;
const sum = (containers: string) => `${containers}.map(one, ${limitOf("one")}).sum()`;
const main = "variables.pod.?containers.orValue([])";
const steps = "variables.pod.?initContainers.orValue([])";
const isSidecar = (container: string) => `${container}.?restartPolicy.orValue("") == "Always"`;
const before = `${steps}.filter(one, ${isSidecar("one")} && ${steps}.map(each, each.name).indexOf(one.name) < ${steps}.map(each, each.name).indexOf(step.name))`;
const onDisk =
  `${volumes}.filter(volume, has(volume.emptyDir) && has(volume.emptyDir.sizeLimit) && volume.emptyDir.?medium.orValue("") == "")` +
  ".map(volume, quantity(string(volume.emptyDir.sizeLimit)).asApproximateFloat()).sum()";

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
      expression:
        `(${main} + ${steps}).exists(one, ${limitOf("one")} <= 0.0) || ${sum(main)} + ${sum(`${steps}.filter(one, ${isSidecar("one")})`)} >= ${onDisk}` +
        ` || ${steps}.exists(step, !(${isSidecar("step")}) && ${limitOf("step")} + ${sum(before)} >= ${onDisk})`,
      message: "scratch volumes are together above the pod's ephemeral-storage limit",
    },
  ],
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
