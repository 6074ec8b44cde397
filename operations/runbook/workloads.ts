import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type V1Container,
  type V1Deployment,
  type V1Pod,
  type V1Probe,
  type V1StatefulSet,
} from "@kubernetes/client-node";
import { isReady, podState } from "./pod-state.ts";

interface Named {
  readonly kind: "Deployment" | "StatefulSet";
  readonly name: string;
}

/** A workload of a target as it runs. */
export interface Living extends Named {
  readonly controller: V1Deployment | V1StatefulSet;
  /** Those of its selector that have not ended; the last ordinal and the oldest come first. */
  readonly pods: readonly V1Pod[];
}

export async function living(kubeConfig: KubeConfig, namespace: string, { kind, name }: Named): Promise<Living> {
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const controller = await (kind === "Deployment"
    ? apps.readNamespacedDeployment({ namespace, name })
    : apps.readNamespacedStatefulSet({ namespace, name }));
  const labelSelector = Object.entries(controller.spec?.selector.matchLabels ?? {})
    .map(([label, value]) => `${label}=${value}`)
    .join(",");
  const { items } = await kubeConfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace, labelSelector });
  const own = items.filter(
    ({ metadata, status }) =>
      status?.phase !== "Succeeded" &&
      status?.phase !== "Failed" &&
      metadata?.ownerReferences?.some(
        ({ controller: so, kind: owner }) => so && owner === (kind === "Deployment" ? "ReplicaSet" : kind),
      ),
  );
  const ordinal = (pod: V1Pod) => Number(/-(\d+)$/.exec(pod.metadata?.name ?? "")?.[1] ?? 0);
  const born = (pod: V1Pod) => Number(pod.metadata?.creationTimestamp ?? 0);
  return {
    kind,
    name,
    controller,
    pods: own.sort((one, other) => (kind === "StatefulSet" ? ordinal(other) - ordinal(one) : born(one) - born(other))),
  };
}

/** How many pods it is to have now: an autoscaler may have changed that. */
export const wanted = ({ controller }: Living): number => controller.spec?.replicas ?? 1;

/**
 * Whether the controller has seen its newest form, and all pods but those `tolerated`, by UID, are Ready and none is
 * going.
 */
export function settled(
  { kind, name, controller, pods }: Living,
  tolerated: ReadonlySet<string | undefined> = new Set(),
): { readonly ready: boolean; readonly detail: string } {
  const count = controller.spec?.replicas ?? 1;
  const ready = pods.filter(isReady).length;
  const seen = (controller.status?.observedGeneration ?? 0) >= (controller.metadata?.generation ?? 0);
  const held = pods.filter((pod) => !isReady(pod));
  const holding = held.filter(({ metadata }) => !tolerated.has(metadata?.uid));
  return {
    ready: seen && holding.length === 0 && pods.length === count,
    detail: [
      `${kind} ${name}: ${ready} of ${count} pods Ready`,
      ...held.map(podState),
      ...(seen ? [] : ["its controller has not seen its newest form yet"]),
    ].join(", "),
  };
}

/** Seconds that a pod may take to get a node, images, a volume and to end before, beyond its own probes. */
const beyondProbes = 180;

/** The longest that the change of one pod may take: its grace, its start by its probes, and what comes before those. */
export function secondsForOnePod({ controller }: Living): number {
  const { spec } = controller.spec!.template;
  const grace = spec?.terminationGracePeriodSeconds ?? 30;
  return (
    grace +
    Math.max(0, ...(spec?.containers ?? []).map(startOf)) +
    (controller.spec?.minReadySeconds ?? 0) +
    beyondProbes
  );
}

const startOf = ({ startupProbe, readinessProbe }: V1Container): number =>
  budgetOf(startupProbe) + budgetOf(readinessProbe);
const budgetOf = (probe: V1Probe | undefined): number =>
  probe === undefined
    ? 0
    : (probe.initialDelaySeconds ?? 0) + (probe.periodSeconds ?? 10) * (probe.failureThreshold ?? 3);
