import { BatchV1Api, PatchStrategy, setHeaderOptions, type V1CronJob, type V1Job } from "@kubernetes/client-node";
import { hasStatus, ifThere } from "../api-answer.ts";
import { endOf, isRunOf, jobFrom, jobsOf, type JobSource, podsOf } from "./jobs.ts";
import { lastWords, podState } from "./pod-state.ts";
import type { Right, Scope } from "./verb.ts";
import { until } from "./wait.ts";

/** What starting a Job and following it needs. */
export const rightsOfJobs: readonly Right[] = [
  { group: "batch", resource: "cronjobs", verbs: ["get", "list"] },
  { group: "batch", resource: "cronjobs/status", verbs: ["update"] },
  { group: "batch", resource: "jobs", verbs: ["get", "list", "create", "patch", "delete"] },
  { group: "", resource: "pods", verbs: ["list"] },
  { group: "", resource: "pods/log", verbs: ["get"] },
];

/** For a Job to be admitted, and its pod to get a node and its images, in seconds. */
const untilItStarts = 600;

/**
 * Starts a run. A CronJob learns of it before it begins, in the list of its active runs: its schedule then keeps to
 * `Forbid` as with its own
 * runs, also when this process is gone. Throws, with nothing left, where the schedule came first.
 */
export async function startJob(
  source: JobSource,
  name: string,
  namespace: string,
  { kubeConfig }: Scope,
): Promise<V1Job> {
  const api = kubeConfig.makeApiClient(BatchV1Api);
  const job = await api.createNamespacedJob({ namespace, body: jobFrom(source, name, namespace) });
  if (source.kind === "Job") return job;
  try {
    await announced(api, source.cronJob, job);
    const { jobs } = await jobsOf(kubeConfig, namespace);
    refuseOther(
      jobs
        .filter(
          (other) =>
            other.metadata?.uid !== job.metadata?.uid && endOf(other) === undefined && isRunOf(other, source.cronJob),
        )
        .map(({ metadata }) => metadata!.name!),
      source.name,
    );
    return await api.patchNamespacedJob(
      { namespace, name, body: { spec: { suspend: false } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  } catch (error) {
    await ifThere(api.deleteNamespacedJob({ namespace, name, propagationPolicy: "Background" })); // the CronJob strikes it off its list by itself
    throw error;
  }
}

/** Writes a run into its CronJob's list of active runs, by version: whoever writes there at the same time is seen. */
async function announced(api: BatchV1Api, { metadata }: V1CronJob, job: V1Job): Promise<void> {
  const { namespace = "", name = "" } = metadata ?? {};
  const { name: run, uid, resourceVersion } = job.metadata!;
  for (let tries = 0; ; tries++) {
    const cronJob = await api.readNamespacedCronJob({ namespace, name });
    refuseOther(
      (cronJob.status?.active ?? []).filter((active) => active.uid !== uid).map((active) => active.name!),
      name,
    );
    const active = [
      {
        apiVersion: "batch/v1",
        kind: "Job",
        namespace,
        name: run!,
        uid: uid!,
        ...(resourceVersion && { resourceVersion }),
      },
    ];
    try {
      await api.replaceNamespacedCronJobStatus({
        namespace,
        name,
        body: { ...cronJob, status: { ...cronJob.status, active } },
      });
      return;
    } catch (error) {
      if (!hasStatus(error, 409) || tries >= 10) throw error;
    }
  }
}

function refuseOther(runs: readonly string[], cronJob: string): void {
  if (runs.length > 0)
    throw new Error(`the schedule of ${cronJob} came first: ${runs.join(", ")} runs. Nothing was started`);
}

/**
 * Follows a run to its end; it goes on by itself when nobody follows. Throws with the reason and the last words of the
 * failed container.
 */
export async function awaitJob({ metadata, spec }: V1Job, scope: Scope): Promise<V1Job> {
  const api = scope.kubeConfig.makeApiClient(BatchV1Api);
  const { namespace = "", name = "", uid } = metadata!;
  const seconds = (spec?.activeDeadlineSeconds ?? 3600) + untilItStarts;
  const ended = await until<V1Job>({ what: `Job ${name} to end`, seconds }, scope, async () => {
    const job = await api.readNamespacedJob({ namespace, name });
    if (job.metadata?.uid !== uid)
      throw new Error(`Job ${name} was replaced by another of its name while it was waited for`);
    const end = endOf(job);
    if (end) return { done: true, state: `Job ${name}: ${end.detail}`, value: job };
    const [pod] = await podsOf(scope.kubeConfig, job);
    return { done: false, state: pod ? podState(pod) : `Job ${name} has no pod yet` };
  });
  const end = endOf(ended)!;
  if (end.succeeded) return ended;
  const failed = (await podsOf(scope.kubeConfig, ended)).find(({ status }) => status?.phase === "Failed");
  throw new Error(
    `Job ${name} failed: ${end.detail}${failed ? `\n  ${await lastWords(scope.kubeConfig, failed)}` : "; its pods are gone"}`,
  );
}
