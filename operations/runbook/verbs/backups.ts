import { CoreV1Api, type V1CronJob, type V1Job, type V1Pod } from "@kubernetes/client-node";
import { age, backupAge, provenBy } from "../../backup-age.ts";
import { type Fact, measured, no, notMeasured, yes } from "../fact.ts";
import { endOf, isRunOf, jobsOf } from "../jobs.ts";
import { size } from "../size.ts";
import type { ReadingVerb } from "../verb.ts";
import { backedUp } from "./backup.ts";

/** One run of a backup, as far as the cluster still knows it. */
interface BackupRun {
  readonly store: string;
  readonly job: string;
  readonly state: "running" | "verified" | "complete" | "failed";
  readonly copy?: string;
  readonly bytes?: number;
  readonly started?: string;
  readonly ended?: string;
  readonly error?: string;
}

/** Lists the copies that the cluster knows of (B10, G08, X07). */
export const backups: ReadingVerb = {
  kind: "reads",
  name: "backups",
  summary:
    "List the runs of the backups with the copies that they proved, and say whether the newest is as new as scheduled.",
  names: [{ form: "[store...]", description: "only these stores" }],
  options: [],
  rights: [
    { group: "batch", resource: "cronjobs", verbs: ["list"] },
    { group: "batch", resource: "jobs", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["list"] },
  ],
  examples: ["backups", "backups bgc-platform --json"],
  async look(target, scope, { names }) {
    const { namespace } = target;
    const wanted = backedUp(target, names);
    if (scope.simulated)
      return {
        facts: wanted.map(({ store }) => notMeasured(`backup of ${store}`, "the node is simulated: nothing is copied")),
      };
    const runs: BackupRun[] = [];
    const facts = await measured(`backups of ${target.system}`, async () => {
      const core = scope.kubeConfig.makeApiClient(CoreV1Api);
      const [{ cronJobs, jobs }, { items: pods }] = await Promise.all([
        jobsOf(scope.kubeConfig, namespace),
        core.listNamespacedPod({ namespace }),
      ]);
      return wanted.map(({ store, backup }): Fact => {
        const cronJob = cronJobs.find(({ metadata }) => metadata?.name === backup);
        if (cronJob === undefined) return no(`backup of ${store}`, `the CronJob ${backup} is not there`);
        const own = jobs.filter((job) => isRunOf(job, cronJob));
        runs.push(
          ...own
            .map((job) => runOf(store, job, pods))
            .sort((one, other) => (other.started ?? "").localeCompare(one.started ?? "")),
        );
        return aged(store, cronJob, own, pods, scope.now());
      });
    });
    return { facts, lines: runs.map((run) => line(run, scope.now())), data: runs };
  },
};

function aged(store: string, cronJob: V1CronJob, jobs: readonly V1Job[], pods: readonly V1Pod[], now: Date): Fact {
  const uids = new Set(jobs.map(({ metadata }) => metadata?.uid));
  const { passed, detail } = backupAge(
    { cronJob, jobs, pods: pods.filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uids.has(uid))) },
    now,
  );
  return (passed ? yes : no)(`backup of ${store}`, detail);
}

function runOf(store: string, job: V1Job, pods: readonly V1Pod[]): BackupRun {
  const [copy] = pods
    .filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === job.metadata?.uid))
    .flatMap(provenBy);
  const end = endOf(job);
  const ended =
    job.status?.completionTime ?? job.status?.conditions?.find(({ type }) => type === "Failed")?.lastTransitionTime;
  return {
    store,
    job: job.metadata!.name!,
    state: end === undefined ? "running" : !end.succeeded ? "failed" : copy ? "verified" : "complete",
    ...(copy && { copy: copy.name, bytes: copy.bytes }),
    ...(job.status?.startTime && { started: moment(job.status.startTime) }),
    ...(ended && { ended: moment(ended) }),
    ...(end && !end.succeeded && { error: end.detail }),
  };
}

const moment = (time: Date): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

function line({ store, job, state, copy, bytes, started, error }: BackupRun, now: Date): string {
  const what = copy
    ? `${copy}, ${size(bytes!)}`
    : (error ?? (state === "complete" ? "the pod that named the copy is gone" : ""));
  return [
    `  ${store}`,
    state.padEnd(8),
    started ? `${age(now.getTime() - new Date(started).getTime())} ago` : "not started",
    job,
    what,
  ]
    .filter(Boolean)
    .join("  ");
}
