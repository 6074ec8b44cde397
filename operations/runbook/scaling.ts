import { AppsV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { Right, Scope } from "./verb.ts";
import { until } from "./wait.ts";
import { type Living, living, secondsForOnePod, settled } from "./workloads.ts";

/** What stopping and starting workloads needs. */
export const rightsOfScaling: readonly Right[] = [
  { group: "apps", resource: "deployments", verbs: ["get"] },
  { group: "apps", resource: "deployments/scale", verbs: ["patch"] },
  { group: "apps", resource: "statefulsets", verbs: ["get"] },
  { group: "apps", resource: "statefulsets/scale", verbs: ["patch"] },
  { group: "autoscaling", resource: "horizontalpodautoscalers", verbs: ["list"] },
  { group: "", resource: "pods", verbs: ["list"] },
];

/** Asks for a number of pods by the subresource for it, as `kubectl scale` does; an autoscaler rests while it is 0. */
export async function scale(
  { kubeConfig }: Pick<Scope, "kubeConfig">,
  namespace: string,
  { kind, name }: Pick<Living, "kind" | "name">,
  replicas: number,
): Promise<void> {
  const api = kubeConfig.makeApiClient(AppsV1Api);
  const asked = { namespace, name, fieldManager: "runbook", body: { spec: { replicas } } };
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await (kind === "Deployment"
    ? api.patchNamespacedDeploymentScale(asked, merge)
    : api.patchNamespacedStatefulSetScale(asked, merge));
}

/** Ends all pods of a workload, and waits until they are gone. */
export async function stopped(scope: Scope, namespace: string, workload: Living): Promise<string> {
  await scale(scope, namespace, workload, 0);
  return untilGone(scope, namespace, workload);
}

/** Waits until a workload has no pod. */
export async function untilGone(scope: Scope, namespace: string, workload: Living): Promise<string> {
  const { kind, name } = workload;
  await until({ what: `${kind} ${name} to have no pod`, seconds: secondsForOnePod(workload) }, scope, async () => {
    const { pods } = await living(scope.kubeConfig, namespace, workload);
    return {
      done: pods.length === 0,
      state: `${kind} ${name}: ${pods.length === 1 ? "1 pod" : `${pods.length} pods`}`,
    };
  });
  return "no pod is left";
}

/** Brings a workload back to a number of pods, and waits until all of them are Ready. */
export async function started(scope: Scope, namespace: string, workload: Living, replicas: number): Promise<string> {
  await scale(scope, namespace, workload, replicas);
  await untilReady(scope, namespace, workload, secondsForOnePod(workload) * Math.max(1, replicas));
  return replicas === 1 ? "1 pod is Ready" : `${replicas} pods are Ready`;
}

/** Waits until all pods of a workload are Ready, at most so many seconds. */
export async function untilReady(
  scope: Scope,
  namespace: string,
  workload: Pick<Living, "kind" | "name">,
  seconds: number,
): Promise<void> {
  await until({ what: `${workload.kind} ${workload.name} to be Ready`, seconds }, scope, async () => {
    const { ready, detail } = settled(await living(scope.kubeConfig, namespace, workload));
    return { done: ready, state: detail };
  });
}
