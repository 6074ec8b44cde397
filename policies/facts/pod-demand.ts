import type { V1Container } from "@kubernetes/client-node";
import { parseQuantity } from "../../settings/quantity.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { podOf } from "../model/pod-spec-walker.ts";
import type { WalkedPod } from "../model/pod-spec-walker.ts";
import { maximumReplicas } from "./replicas.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** Requests or limits, of one resource. */
export interface Resource {
  readonly list: "requests" | "limits";
  readonly name: string;
}

/** How many pods a workload may have at the same time: its most replicas, and those of a rolling update beside them. */
export function podsAtMost(workload: KubernetesObject, objects: ObjectIndex): number {
  const spec = (workload.manifest["spec"] ?? {}) as {
    readonly parallelism?: number;
    readonly completions?: number;
    readonly suspend?: boolean;
    readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: number | string } };
    readonly jobTemplate?: { readonly spec?: { readonly parallelism?: number } };
  };
  switch (workload.kind) {
    case "Pod":
      return 1;
    case "Job":
      return spec.suspend === true ? 0 : (spec.parallelism ?? 1);
    // Runs that overlap are counted once: nobody knows how long they take.
    case "CronJob":
      return spec.suspend === true ? 0 : (spec.jobTemplate?.spec?.parallelism ?? 1);
    default: {
      const replicas = maximumReplicas(workload, objects);
      if (workload.kind !== "Deployment" || replicas === 0 || spec.strategy?.type === "Recreate") return replicas;
      return replicas + surge(spec.strategy?.rollingUpdate?.maxSurge ?? "25%", replicas);
    }
  }
}

/**
 * How many pods of a workload may be there, running or ended, with the claims of their scratch volumes: a pod that has
 * ended keeps them
 * until it is deleted. A Job's failed tries stay as long as the Job, and a CronJob's Jobs as its history says or until
 * their TTL.
 */
export function podsKept(workload: KubernetesObject, objects: ObjectIndex): number {
  const spec = (workload.manifest["spec"] ?? {}) as {
    readonly successfulJobsHistoryLimit?: number;
    readonly failedJobsHistoryLimit?: number;
    readonly jobTemplate?: { readonly spec?: JobTries };
  } & JobTries;
  if (workload.kind !== "Job" && workload.kind !== "CronJob") return podsAtMost(workload, objects);
  const { backoffLimit = 6, ttlSecondsAfterFinished } = workload.kind === "Job" ? spec : (spec.jobTemplate?.spec ?? {});
  const tries = podsAtMost(workload, objects) * (backoffLimit + 1);
  if (workload.kind === "Job" || ttlSecondsAfterFinished !== undefined) return tries;
  return tries + (spec.successfulJobsHistoryLimit ?? 3) + (spec.failedJobsHistoryLimit ?? 1) * tries;
}

interface JobTries {
  readonly backoffLimit?: number;
  readonly ttlSecondsAfterFinished?: number;
}

/** What one pod of a workload asks for: its main containers and sidecars together, or its largest init container. */
export function podDemand(workload: KubernetesObject, resource: Resource): number {
  const pod = podOf(workload);
  if (pod === undefined) return 0;
  const { containers = [], initContainers = [] } = pod.spec as Partial<WalkedPod["spec"]>;
  let sidecars = 0;
  let starting = 0;
  for (const container of initContainers) {
    const own = containerDemand(container, resource);
    if (container.restartPolicy === "Always") sidecars += own;
    starting = Math.max(starting, container.restartPolicy === "Always" ? sidecars : sidecars + own);
  }
  const running = sidecars + containers.reduce((sum, container) => sum + containerDemand(container, resource), 0);
  return Math.max(running, starting) + amount(pod.spec.overhead?.[resource.name]);
}

/** Kubernetes takes the limit for a request that is missing. */
function containerDemand({ resources }: V1Container, { list, name }: Resource): number {
  return amount(resources?.[list]?.[name] ?? (list === "requests" ? resources?.limits?.[name] : undefined));
}

function amount(quantity: unknown): number {
  return quantity === undefined ? 0 : (parseQuantity(quantity) ?? 0);
}

/** Kubernetes rounds a share of the replicas up. */
function surge(most: number | string, replicas: number): number {
  const percent = /^(\d+)%$/.exec(String(most))?.[1];
  return percent === undefined ? Number(most) : Math.ceil((Number(percent) * replicas) / 100);
}
