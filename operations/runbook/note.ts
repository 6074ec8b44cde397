import type { KubeConfig, V1Job } from "@kubernetes/client-node";
import { podsOf } from "./jobs.ts";
import { containerStatuses } from "./pod-state.ts";

/** What a script of a Job left in its pod's status: JSON that begins with this field. */
export async function noteOf<Note>(kubeConfig: KubeConfig, job: V1Job, field: string): Promise<Note | undefined> {
  const left = (await podsOf(kubeConfig, job))
    .flatMap(containerStatuses)
    .map(({ state }) => state?.terminated?.message ?? "")
    .find((message) => message.startsWith(`{"${field}":`));
  return left === undefined ? undefined : (JSON.parse(left) as Note);
}
