import type { types } from "@pulumi/kubernetes";
import { bytes, type Size } from "../../../../components/workload/units.ts";
import type { Manifest } from "../../../../scripts/support/declared-objects.ts";
import { type Container, podSpec } from "../../../support/objects.ts";

/** Processor time in cores. */
export const cores = (amount: string) => (amount.endsWith("m") ? Number.parseInt(amount, 10) / 1000 : Number(amount));
/** Memory or storage in bytes. */
export const size = (amount: string) => bytes(amount as Size);

/** What objects ask for together: cores and bytes. */
export interface Need {
  readonly pods: number;
  readonly cpu: number;
  readonly memory: number;
  readonly storage: number;
}

/** The most pods of a workload at a time: the top of its autoscaler's range, and one more while it is updated. */
function mostPods(object: Manifest, objects: readonly Manifest[]): number {
  if (object.kind === "Job" || object.kind === "CronJob") return 1;
  const { replicas, strategy } = object["spec"] as types.output.apps.v1.DeploymentSpec;
  const scalers = objects.map(
    ({ spec }) =>
      spec as
        | { scaleTargetRef?: { kind: string; name: string }; maxReplicas?: number; maxReplicaCount?: number }
        | undefined,
  );
  const scaler = scalers.find(
    (spec) => spec?.scaleTargetRef?.kind === object.kind && spec.scaleTargetRef.name === object.metadata.name,
  );
  return (scaler?.maxReplicas ?? scaler?.maxReplicaCount ?? replicas) + (strategy?.type === "RollingUpdate" ? 1 : 0);
}

/** Pods that a run may leave with their scratch claims: a failed try stays as long as its Job. */
function tries(object: Manifest): number {
  const { backoffLimit, jobTemplate } = object["spec"] as types.output.batch.v1.JobSpec &
    types.output.batch.v1.CronJobSpec;
  return ["Job", "CronJob"].includes(object.kind) ? (jobTemplate?.spec.backoffLimit ?? backoffLimit) + 1 : 1;
}

const total = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);

/** What a pod asks for: its main containers and sidecars together, or one init container if that is more. */
export function request(object: Manifest, resource: "cpu" | "memory", amount: (text: string) => number): number {
  const { initContainers = [], containers } = podSpec(object);
  const of = ({ resources }: Container) => amount(resources.requests[resource]!);
  const together = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")]
    .map(of)
    .reduce((sum, each) => sum + each, 0);
  return Math.max(together, ...initContainers.map(of));
}

/** What all of a namespace's objects ask for when everything runs at its most. */
export function need(objects: readonly Manifest[]): Need {
  const parts = objects.map((object): Need => {
    const claim = (spec: types.output.core.v1.PersistentVolumeClaimSpec) => size(spec.resources.requests["storage"]!);
    if (object.kind === "PersistentVolumeClaim")
      return {
        pods: 0,
        cpu: 0,
        memory: 0,
        storage: claim(object["spec"] as types.output.core.v1.PersistentVolumeClaimSpec),
      };
    if (!["Deployment", "StatefulSet", "Job", "CronJob"].includes(object.kind))
      return { pods: 0, cpu: 0, memory: 0, storage: 0 };
    const pods = mostPods(object, objects);
    const { volumeClaimTemplates = [] } = object["spec"] as types.output.apps.v1.StatefulSetSpec;
    const scratch = podSpec(object).volumes.flatMap(({ ephemeral }) =>
      ephemeral ? [claim(ephemeral.volumeClaimTemplate.spec)] : [],
    );
    const claims =
      pods * total(volumeClaimTemplates.map(({ spec }) => claim(spec))) + pods * tries(object) * total(scratch);
    return {
      pods,
      cpu: pods * request(object, "cpu", cores),
      memory: pods * request(object, "memory", size),
      storage: claims,
    };
  });
  return parts.reduce((sum, part) => ({
    pods: sum.pods + part.pods,
    cpu: sum.cpu + part.cpu,
    memory: sum.memory + part.memory,
    storage: sum.storage + part.storage,
  }));
}
