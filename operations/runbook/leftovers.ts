import {
  BatchV1Api,
  CoreV1Api,
  type V1ConfigMap,
  type V1Job,
  type V1ObjectMeta,
  type V1Pod,
} from "@kubernetes/client-node";
import { ifThere } from "../api-answer.ts";
import { evidenceLabel } from "./evidence.ts";
import { calledName, endOf, jobsOf, madeFrom } from "./jobs.ts";
import type { Scope } from "./verb.ts";

/** Something that nobody needs any more. */
export interface Leftover {
  readonly object: string;
  /** What it is: `complete`, `Evicted`, `evidence`. */
  readonly because: string;
  /** Since when. */
  readonly at: Date;
  remove(): Promise<unknown>;
}

/** What an update of the stack made is the stack's: without it the next update would make it, and run it, again. */
const declared = ({ managedFields = [] }: V1ObjectMeta): boolean =>
  managedFields.some(({ manager }) => manager?.startsWith("pulumi"));

/** Everything of a namespace that may go and happened before a moment; the oldest first. */
export async function leftovers(namespace: string, before: Date, scope: Scope): Promise<Leftover[]> {
  const core = scope.kubeConfig.makeApiClient(CoreV1Api);
  const batch = scope.kubeConfig.makeApiClient(BatchV1Api);
  const [{ jobs }, { items: pods }, { items: evidence }] = await Promise.all([
    jobsOf(scope.kubeConfig, namespace),
    core.listNamespacedPod({ namespace }),
    core.listNamespacedConfigMap({ namespace, labelSelector: evidenceLabel }),
  ]);
  const at = (object: { readonly metadata?: V1ObjectMeta }) => ({
    namespace,
    name: object.metadata!.name!,
    body: { preconditions: { uid: object.metadata!.uid! } }, // another of the same name stays
  });
  return [
    ...oldRuns(jobs).map((job) => ({
      object: `Job ${job.metadata!.name}`,
      because: endOf(job)!.succeeded ? "complete" : "failed",
      at: endedAt(job),
      remove: () => ifThere(batch.deleteNamespacedJob({ ...at(job), propagationPolicy: "Background" })),
    })),
    ...pods.filter(thrownOut).map((pod) => ({
      object: `Pod ${pod.metadata!.name}`,
      because: pod.status?.reason ?? "failed",
      at: new Date(pod.status?.startTime ?? pod.metadata!.creationTimestamp ?? 0),
      remove: () => ifThere(core.deleteNamespacedPod(at(pod))),
    })),
    ...oldEvidence(evidence).map((map) => ({
      object: `ConfigMap ${map.metadata!.name}`,
      because: "evidence",
      at: new Date(map.metadata!.creationTimestamp ?? 0),
      remove: () => ifThere(core.deleteNamespacedConfigMap(at(map))),
    })),
  ]
    .filter((leftover) => leftover.at < before)
    .sort((one, other) => one.at.getTime() - other.at.getTime());
}

const endedAt = ({ status }: V1Job): Date =>
  new Date(
    status?.completionTime ?? status?.conditions?.find(({ type }) => type === "Failed")?.lastTransitionTime ?? 0,
  );

/** Runs by hand that have ended, but for the newest of each kind: its pod may be the one that names the newest copy. */
function oldRuns(jobs: readonly V1Job[]): V1Job[] {
  const ended = jobs
    .filter((job) => endOf(job) !== undefined && !declared(job.metadata ?? {}) && byHand(job))
    .toSorted((one, other) => endedAt(other).getTime() - endedAt(one).getTime());
  const newest = new Set<string>();
  return ended.filter((job) => {
    const name = `${calledName(job)} ${endOf(job)!.succeeded}`;
    return newest.has(name) || (newest.add(name), false);
  });
}

/** A schedule drops its own runs, as its history says. */
const byHand = ({ metadata }: V1Job): boolean =>
  metadata?.annotations?.[madeFrom] !== undefined ||
  metadata?.annotations?.["cronjob.kubernetes.io/instantiate"] === "manual";

/** A pod that a node threw out stays for ever; its controller has made another. One of a Job goes with the Job. */
const thrownOut = ({ metadata, status }: V1Pod): boolean =>
  status?.phase === "Failed" && !(metadata?.ownerReferences ?? []).some(({ kind }) => kind === "Job");

/** All but the newest of each verb: the last time that something was done is worth knowing for ever. */
function oldEvidence(maps: readonly V1ConfigMap[]): V1ConfigMap[] {
  const born = ({ metadata }: V1ConfigMap) => Number(metadata?.creationTimestamp ?? 0);
  const newest = new Set<string>();
  return maps
    .toSorted((one, other) => born(other) - born(one))
    .filter(({ metadata }) => {
      const verb = metadata?.labels?.[evidenceLabel] ?? "";
      return newest.has(verb) || (newest.add(verb), false);
    });
}
