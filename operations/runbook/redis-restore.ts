import { BatchV1Api, type V1Job } from "@kubernetes/client-node";
import type { Target } from "../../components/systems/target.ts";
import { provenBy } from "../backup-age.ts";
import { backupJob, busyWith, noBackup } from "./copy-jobs.ts";
import { type Fact, measured, no, yes } from "./fact.ts";
import { awaitJob, startJob } from "./job-run.ts";
import { endOf, jobsOf, podsOf, restores, runName, runningOf } from "./jobs.ts";
import { noteOf } from "./note.ts";
import { askRedis } from "./state-redis.ts";
import type { Plan, Scope } from "./verb.ts";

/** What is to be restored. */
interface Wanted {
  readonly store: string;
  /** The CronJob that copies it. */
  readonly backup: string;
  readonly run: string;
  /** A verified copy or `newest`. */
  readonly copy: string;
}

/** What restore.sh leaves in its pod's status. */
interface Restored {
  readonly restoredCopy: string;
  readonly at: string;
  readonly proof: string;
}

/**
 * Copies the keys in use first, which is the way back, and then has a Job load the wanted copy into a spare database of
 * the server and swap both. Clients stay connected and see the other keys from one command to the next. `newest` is
 * the newest from before.
 */
export async function redisRestore(target: Target, scope: Scope, { store, backup, run, copy }: Wanted): Promise<Plan> {
  const { namespace, system } = target;
  const there = await jobsOf(scope.kubeConfig, namespace);
  const cronJob = there.cronJobs.find(({ metadata }) => metadata?.name === backup);
  const source = cronJob && ({ kind: "CronJob", name: backup, cronJob } as const);
  const busy = [
    ...(source ? runningOf(source, there) : []),
    ...there.jobs.filter((job) => endOf(job) === undefined && job.metadata?.annotations?.[restores] === store),
  ];
  const names = {
    backup: source ? runName(source, run) : "",
    restore: `${store.slice(0, 54 - run.length)}-restore-${run}`,
  };
  const wayBack = (name: string) => `npx runbook restore ${system} ${store} --copy ${name}`;
  let job: V1Job | undefined;
  let kept: string | undefined;
  let restored: Restored | undefined;
  return {
    changes: [
      { object: `copy of ${store}`, from: "as scheduled", to: "one more, of what is there now" },
      {
        object: `keys of ${store}`,
        from: "in use",
        to: `those of ${copy === "newest" ? "the newest copy from before" : copy}, from one command to the next`,
      },
    ],
    problems: [
      ...(cronJob ? [] : [noBackup(backup, store, namespace)]),
      ...busy.map((job) => busyWith(job, store, namespace)),
      ...(scope.simulated ? ["the node is simulated: no container runs there, and nothing can be restored"] : []),
    ],
    steps: [
      {
        name: `start Job ${names.backup}`,
        run: async (within) => {
          job = await startJob(source!, names.backup, namespace, within);
          return `started with UID ${job.metadata?.uid}`;
        },
      },
      {
        name: `wait for Job ${names.backup}`,
        run: async (within) => {
          const [made] = (await podsOf(scope.kubeConfig, await awaitJob(job!, within))).flatMap(provenBy);
          if (made === undefined)
            throw new Error(`Job ${names.backup} is complete, and no pod of it names a verified copy`);
          kept = made.name;
          return kept;
        },
      },
      {
        name: `run Job ${names.restore}`,
        run: async (within) => {
          const body = backupJob(cronJob!, names.restore, namespace, store, { COPY: copy, KEPT: kept! });
          job = await scope.kubeConfig.makeApiClient(BatchV1Api).createNamespacedJob({ namespace, body });
          restored = await noteOf<Restored>(scope.kubeConfig, await awaitJob(job, within), "restoredCopy");
          return restored ? `${restored.restoredCopy}: ${restored.proof}` : "complete";
        },
      },
    ],
    prove: async () => [
      restored
        ? yes(
            `keys of ${store}`,
            `${restored.restoredCopy}, ${restored.proof}; what they were comes back with: ${wayBack(kept!)}`,
          )
        : no(`keys of ${store}`, `Job ${names.restore} is complete, and no pod of it says what it restored`),
      ...(await measured(`append-only file of ${store}`, async () =>
        inFile(store, await askRedis(target, scope, ["redis-cli", "info", "persistence"])),
      )),
    ],
    result: () => restored && { store, kept, ...restored },
    goOn:
      `the keys of ${store} are as before until Job ${names.restore} has ended well: kubectl logs -n ${namespace} job/${names.restore}. ` +
      `Where that has, what they were comes back with the copy that Job ${names.backup} made of them: runbook backups ${system} ${store} names it, and restore takes it with --copy. ` +
      "Otherwise the same command begins anew, and removes what this run left",
  };
}

/** A server that reads the file at its start has the restored keys only where they are in it. */
const inFile = (store: string, info: string): Fact => {
  const value = (name: string) => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? "unknown";
  const [enabled, write] = [value("aof_enabled"), value("aof_last_write_status")];
  return (enabled === "1" && write === "ok" ? yes : no)(
    `append-only file of ${store}`,
    enabled === "1"
      ? `written with each restored key, and the last write was ${write}`
      : "it is off, so a restart may lose what was restored",
  );
};
