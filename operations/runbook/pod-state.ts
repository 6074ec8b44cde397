import { CoreV1Api, type KubeConfig, type V1ContainerStatus, type V1Pod } from "@kubernetes/client-node";
import { answerOf } from "../api-answer.ts";

export const isReady = ({ metadata, status }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined && condition(status, "Ready")?.status === "True";

/** A pod with what holds it up: `redis-0: container redis CrashLoopBackOff, 4 restarts`. */
export function podState(pod: V1Pod): string {
  return `${pod.metadata?.name}: ${stateOf(pod)}`;
}

function stateOf(pod: V1Pod): string {
  const { metadata, spec, status } = pod;
  if (metadata?.deletionTimestamp) return "is being stopped";
  const unscheduled = condition(status, "PodScheduled");
  if (unscheduled?.status === "False") return `waits for a node: ${unscheduled.message ?? unscheduled.reason}`;
  const stuck = containerStatuses(pod).find(
    ({ state }) => state?.waiting?.reason && !["PodInitializing", "ContainerCreating"].includes(state.waiting.reason),
  );
  if (stuck)
    return `container ${stuck.name} ${stuck.state!.waiting!.reason}${stuck.restartCount > 0 ? `, ${stuck.restartCount} restarts` : ""}`;
  const sidecars = new Set(
    spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name),
  );
  const steps = status?.initContainerStatuses?.filter(({ name }) => !sidecars.has(name)) ?? [];
  const step = steps.findIndex(({ state }) => state?.running);
  if (step >= 0)
    return `step ${step + 1} of ${steps.length + (status?.containerStatuses?.length ?? 0)}, ${steps[step]!.name}, runs`;
  if (status?.phase === "Succeeded" || status?.phase === "Failed")
    return status.phase === "Succeeded" ? "succeeded" : `failed${status.reason ? `: ${status.reason}` : ""}`;
  if (isReady(pod)) return "Ready";
  const running = status?.containerStatuses?.find(({ state, ready }) => state?.running && !ready);
  return running ? `container ${running.name} runs and is not Ready` : "starts";
}

/** What is known of its containers, those that run before the others first. */
export const containerStatuses = ({ status }: V1Pod): V1ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];
const condition = (status: V1Pod["status"], type: string) => status?.conditions?.find((each) => each.type === type);

/** Why a pod failed: its container, the exit code and the last lines that it wrote. */
export async function lastWords(kubeConfig: KubeConfig, pod: V1Pod, lines = 10): Promise<string> {
  const failed = containerStatuses(pod).find(({ state }) => state?.terminated && state.terminated.exitCode !== 0);
  if (failed === undefined) return podState(pod);
  const { namespace = "", name = "" } = pod.metadata ?? {};
  const log = await kubeConfig
    .makeApiClient(CoreV1Api)
    .readNamespacedPodLog({ namespace, name, container: failed.name, tailLines: lines })
    .then(
      (text) => withoutCredentials(text.trimEnd()),
      (error: unknown) => `its log cannot be read: ${answerOf(error)}`,
    );
  const { exitCode, reason } = failed.state!.terminated!;
  return `${name}: container ${failed.name} ended with exit code ${exitCode}${reason && reason !== "Error" ? ` (${reason})` : ""}\n${log
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}`;
}

/** A program may write an address with a password in it. */
export const withoutCredentials = (text: string): string =>
  text.replaceAll(/(\w+:\/\/[^\s:/@]*):[^\s@/]+@/g, "$1:***@");
