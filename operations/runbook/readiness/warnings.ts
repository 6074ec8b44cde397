import { BatchV1Api, type CoreV1Event, CoreV1Api } from "@kubernetes/client-node";
import { type Fact, no, yes } from "../fact.ts";
import { isReady } from "../pod-state.ts";
import type { Scope } from "../verb.ts";
import { suspendedBy } from "../suspended-by.ts";

/** Minutes that a warning of a controller counts: it is repeated while its cause lasts. */
const minutes = 15;

/** When an event was seen last. */
export const seenAt = ({ eventTime, lastTimestamp, series, metadata }: CoreV1Event): Date =>
  new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0);

/**
 * What the cluster itself warns of now: of pods that are not Ready, of claims without a volume, and of controllers that
 * cannot make what they should. A warning about what is well again is none.
 */
export async function warnings(namespace: string, { kubeConfig, now }: Scope): Promise<Fact[]> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const [{ items }, { items: pods }, { items: claims }] = await Promise.all([
    core.listNamespacedEvent({ namespace, fieldSelector: "type=Warning" }),
    core.listNamespacedPod({ namespace }),
    core.listNamespacedPersistentVolumeClaim({ namespace }),
  ]);
  const unwell = new Set([
    ...pods
      .filter((pod) => !isReady(pod) && pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed")
      .map(({ metadata }) => metadata?.uid),
    ...claims.filter(({ status }) => status?.phase !== "Bound").map(({ metadata }) => metadata?.uid),
  ]);
  const counts = new Map<string, number>();
  for (const event of items) {
    const { involvedObject: about, reason, message, count, type } = event;
    const recent = now().getTime() - seenAt(event).getTime() < minutes * 60_000;
    const lasts = unwell.has(about.uid) || (recent && reason === "FailedCreate");
    if (type !== "Warning" || !lasts) continue;
    const text = `${about.kind} ${about.name}: ${reason}: ${message}`;
    counts.set(text, (counts.get(text) ?? 0) + (count ?? 1));
  }
  return counts.size === 0
    ? [yes("warnings of the cluster", "none about anything that is not well")]
    : [...counts].map(([text, count]) => no("warning of the cluster", `${text}${count > 1 ? `, ${count} times` : ""}`));
}

/** Schedules that somebody suspended, and forgot; one that the stack suspends is as declared. */
export async function suspended(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const { items } = await kubeConfig.makeApiClient(BatchV1Api).listNamespacedCronJob({ namespace });
  const held = items.filter((cronJob) => cronJob.spec?.suspend && !suspendedBy(cronJob).declared);
  return held.length === 0
    ? [yes("schedules", `${items.length}, and nobody has suspended one`)]
    : held.map((cronJob) => no(`schedule ${cronJob.metadata?.name}`, `SUSPENDED by ${suspendedBy(cronJob).by}`));
}
