import {
  BatchV1Api,
  CoreV1Api,
  type KubeConfig,
  type V1CronJob,
  type V1Job,
  type V1JobSpec,
  type V1ObjectMeta,
  type V1Pod,
} from "@kubernetes/client-node";
import { choice } from "../../settings/nearest-name.ts";
import { UsageError } from "./errors.ts";

/** What a system can run: a schedule's template, or a Job that an update has run. */
export type JobSource =
  | { readonly kind: "CronJob"; readonly name: string; readonly cronJob: V1CronJob }
  | { readonly kind: "Job"; readonly name: string; readonly job: V1Job };

/** Jobs and CronJobs of a namespace. */
export interface JobsOf {
  readonly cronJobs: readonly V1CronJob[];
  readonly jobs: readonly V1Job[];
}

export async function jobsOf(kubeConfig: KubeConfig, namespace: string): Promise<JobsOf> {
  const api = kubeConfig.makeApiClient(BatchV1Api);
  const [{ items: cronJobs }, { items: jobs }] = await Promise.all([
    api.listNamespacedCronJob({ namespace }),
    api.listNamespacedJob({ namespace }),
  ]);
  return { cronJobs, jobs };
}

/** On the Jobs that a run of this command makes: what they were made from. */
export const madeFrom = "production-platform/run-of";
/** What kubectl writes on a Job that was not started by its schedule. */
const byHand = { "cronjob.kubernetes.io/instantiate": "manual" };

/**
 * A namespace's CronJobs, and the Jobs that an update runs once, by the name that people call them: `bgc-migrations`
 * for `bgc-migrations-8c1f2a`.
 */
export function jobSources({ cronJobs, jobs }: JobsOf): JobSource[] {
  const scheduled = cronJobs.map((cronJob): JobSource => ({ kind: "CronJob", name: cronJob.metadata!.name!, cronJob }));
  const declared = jobs
    .filter(({ metadata }) => !metadata?.ownerReferences?.length && metadata?.annotations?.[madeFrom] === undefined)
    .filter((job) => !cronJobs.some((cronJob) => isRunOf(job, cronJob)));
  const byName = new Map(declared.toSorted(byAge).map((job) => [calledName(job), job])); // the newest one wins
  return [...scheduled, ...[...byName].map(([name, job]): JobSource => ({ kind: "Job", name, job }))].sort(
    (one, other) => one.name.localeCompare(other.name),
  );
}

/** The oldest first. */
export const byAge = (one: V1Job, other: V1Job): number =>
  Number(one.metadata?.creationTimestamp ?? 0) - Number(other.metadata?.creationTimestamp ?? 0);

/** The name that people call a Job by, which is that of the Job that a run by hand was made from too. */
export const calledName = ({ metadata }: V1Job): string =>
  metadata?.annotations?.[madeFrom] ?? metadata!.name!.replace(/-[0-9a-f]{6,16}$/, "");

/** Throws {@link UsageError} with the choices. */
export function sourceNamed(name: string | undefined, sources: readonly JobSource[], system: string): JobSource {
  const names = sources.map((source) => source.name);
  const found = sources.find(
    (source) => source.name === name || (source.kind === "Job" && source.job.metadata?.name === name),
  );
  if (found) return found;
  if (name === undefined) throw new UsageError(`name a job of ${system}: ${names.join(", ") || "it has none"}`);
  throw new UsageError(`${system} has no job "${name}"; ${names.length > 0 ? choice(name, names) : "it has none"}`);
}

/** On the Jobs that restore a copy: the store. They have the labels of its backup, whose way through the network is theirs. */
export const restores = "production-platform/restores";

/** Its own runs, the first one that an update made and those by hand too; a Job that restores is none. */
export function isRunOf(job: V1Job, cronJob: V1CronJob): boolean {
  if (job.metadata?.annotations?.[restores] !== undefined) return false;
  const owner = job.metadata?.ownerReferences?.find(({ kind }) => kind === "CronJob");
  if (owner) return owner.uid === cronJob.metadata?.uid;
  const labels = Object.entries(cronJob.spec?.jobTemplate.spec?.template.metadata?.labels ?? {});
  return labels.length > 0 && labels.every(([name, value]) => job.spec?.template.metadata?.labels?.[name] === value);
}

/** How a Job ended: `undefined` while it goes on. */
export function endOf({ status }: V1Job): { readonly succeeded: boolean; readonly detail: string } | undefined {
  const ended = status?.conditions?.find(
    ({ type, status: so }) => so === "True" && (type === "Complete" || type === "Failed"),
  );
  if (ended === undefined) return undefined;
  return ended.type === "Complete"
    ? { succeeded: true, detail: "complete" }
    : { succeeded: false, detail: [ended.reason, ended.message].filter(Boolean).join(": ") || "failed" };
}

/** The runs of a source that go on now. */
export const runningOf = (source: JobSource, { jobs }: JobsOf): V1Job[] =>
  jobs.filter(
    (job) =>
      endOf(job) === undefined &&
      (source.kind === "CronJob"
        ? isRunOf(job, source.cronJob)
        : job.metadata?.annotations?.[madeFrom] === source.name || job.metadata?.uid === source.job.metadata?.uid),
  );

/**
 * A Job of a source. That of a CronJob belongs to it as its own runs do, so that its history and the time of its last
 * success count it.
 */
export function jobFrom(source: JobSource, name: string, namespace: string): V1Job {
  if (source.kind === "CronJob") {
    const { metadata, spec } = source.cronJob.spec!.jobTemplate;
    const owner = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      name: source.name,
      uid: source.cronJob.metadata!.uid!,
      controller: true,
      blockOwnerDeletion: true,
    };
    // Suspended until the CronJob knows of it.
    return {
      metadata: {
        ...meta(metadata),
        name,
        namespace,
        annotations: { ...meta(metadata).annotations, ...byHand, [madeFrom]: source.name },
        ownerReferences: [owner],
      },
      spec: { ...spec!, suspend: true },
    };
  }
  const { metadata, spec } = source.job;
  const { selector: _selector, manualSelector: _manual, suspend: _suspend, ...rest } = spec!;
  const template: V1JobSpec["template"] = { ...rest.template, metadata: meta(rest.template.metadata) };
  return {
    metadata: {
      ...meta(metadata),
      name,
      namespace,
      annotations: { ...meta(metadata).annotations, [madeFrom]: source.name },
    },
    spec: { ttlSecondsAfterFinished: 86_400, ...rest, template },
  };
}

/** Labels and annotations without those that a controller or Pulumi wrote for one object alone. */
function meta(metadata: V1ObjectMeta | undefined): {
  labels: Record<string, string>;
  annotations: Record<string, string>;
} {
  const kept = (all: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(
      Object.entries(all).filter(
        ([name]) =>
          !/^(batch\.kubernetes\.io\/|pulumi\.com\/|kubectl\.kubernetes\.io\/)/.test(name) &&
          !["controller-uid", "job-name", "app.kubernetes.io/managed-by"].includes(name),
      ),
    );
  return { labels: kept(metadata?.labels), annotations: kept(metadata?.annotations) };
}

/** A name for a run: within the 63 letters of a label, whatever the source is called. */
export const runName = (source: JobSource, id: string): string => `${source.name.slice(0, 62 - id.length)}-${id}`;

/** The pods of one Job, and not of an earlier one of its name; the newest first. */
export async function podsOf(kubeConfig: KubeConfig, { metadata }: V1Job): Promise<V1Pod[]> {
  const { items } = await kubeConfig.makeApiClient(CoreV1Api).listNamespacedPod({
    namespace: metadata!.namespace!,
    labelSelector: `batch.kubernetes.io/job-name=${metadata!.name}`,
  });
  return items
    .filter((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === metadata!.uid))
    .sort(
      (one, other) => Number(other.metadata?.creationTimestamp ?? 0) - Number(one.metadata?.creationTimestamp ?? 0),
    );
}
