import { BatchV1Api, type V1Job } from "@kubernetes/client-node";
import { busyWith, copyNamed, drillJob, noBackup } from "../copy-jobs.ts";
import { UsageError } from "../errors.ts";
import { type Fact, no, yes } from "../fact.ts";
import { awaitJob, rightsOfJobs } from "../job-run.ts";
import { endOf, jobsOf, madeFrom, runningOf } from "../jobs.ts";
import { noteOf } from "../note.ts";
import type { ActingVerb, Input } from "../verb.ts";
import { backedUp } from "./backup.ts";

/** What drill.sh leaves in its pod's status. */
interface Drilled {
  readonly drilledCopy: string;
  readonly at: string;
  /** Of each restore, in their order. */
  readonly milliseconds: readonly number[];
  readonly proof: string;
}

/** Restores more often than this tell nothing new, and their times would not fit into a pod's status. */
const most = 100;

/** Proves that a copy can be restored, and in what time (B12, X07). */
export const drill: ActingVerb = {
  kind: "acts",
  name: "drill",
  summary:
    "Restore a copy in a scratch server, compare all of it with what the copy says it has, and measure the time. Nothing that serves is touched.",
  names: [{ form: "<store>", description: "a store that has a backup" }],
  options: [
    { flags: "--copy <name>", description: "a verified copy by its name; the newest one otherwise" },
    {
      flags: "--times <number>",
      description: `how often, up to ${most}, for the median and the worst time`,
      default: "1",
    },
  ],
  rights: rightsOfJobs,
  examples: ["drill bgc-platform postgres", "drill resilient-api-gateway redis --times 20"],
  async plan(target, scope, input) {
    const { system, namespace } = target;
    const [{ store, backup }] = backedUp(target, [input.names[0]!]) as [ReturnType<typeof backedUp>[number]];
    const { copy, times } = asked(input);
    const there = await jobsOf(scope.kubeConfig, namespace);
    const cronJob = there.cronJobs.find(({ metadata }) => metadata?.name === backup);
    const name = `${store.slice(0, 56 - input.run.length)}-drill-${input.run}`;
    const busy = [
      ...(cronJob ? runningOf({ kind: "CronJob", name: backup, cronJob }, there) : []),
      ...there.jobs.filter((job) => endOf(job) === undefined && isDrillOf(job, backup)),
    ];
    let job: V1Job | undefined;
    let drilled: Drilled | undefined;
    return {
      changes: [
        {
          object: `Job ${name}`,
          from: "not there",
          to: `restores ${copy ?? "the newest verified copy"} of ${store} in a scratch server of its own${times === 1 ? "" : `, ${times} times`}`,
        },
      ],
      problems: [
        ...(cronJob ? [] : [noBackup(backup, store, namespace)]),
        ...busy.map((running) => busyWith(running, "the copies", namespace)),
        ...(scope.simulated ? ["the node is simulated: no container runs there, and nothing is restored"] : []),
      ],
      steps: [
        {
          name: `start Job ${name}`,
          run: async ({ kubeConfig }) => {
            const body = drillJob(cronJob!, name, namespace, copy ?? "newest", times);
            job = await kubeConfig.makeApiClient(BatchV1Api).createNamespacedJob({ namespace, body });
            return `started with UID ${job.metadata?.uid}`;
          },
        },
        {
          name: `wait for Job ${name}`,
          run: async (within) => {
            job = await awaitJob(job!, within);
            drilled = await noteOf<Drilled>(within.kubeConfig, job, "drilledCopy");
            return "complete";
          },
        },
      ],
      prove: () => Promise.resolve([proof(store, drilled, times, name)]),
      result: () => drilled && { store, ...drilled, ...worstAndMedian(drilled.milliseconds) },
      goOn: `nothing that serves was touched, and a Job that was started goes on in the cluster: kubectl logs -n ${namespace} job/${name}. To drill again: npx runbook drill ${system} ${store}`,
    };
  },
};

const isDrillOf = ({ metadata, spec }: V1Job, backup: string): boolean =>
  metadata?.annotations?.[madeFrom] === backup && spec?.template.metadata?.labels?.["app"] === `${backup}-drill`;

function asked({ options }: Input): { readonly copy: string | undefined; readonly times: number } {
  const times = Number(options["times"]);
  if (!Number.isInteger(times) || times < 1 || times > most)
    throw new UsageError(`--times "${String(options["times"])}" is no whole number from 1 to ${most}`);
  return { copy: copyNamed(options["copy"]), times };
}

function worstAndMedian(milliseconds: readonly number[]): { readonly median: number; readonly worst: number } {
  const sorted = milliseconds.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return { median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2, worst: sorted.at(-1)! };
}

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

function proof(store: string, drilled: Drilled | undefined, times: number, job: string): Fact {
  const about = `restore of ${store}`;
  if (drilled === undefined) return no(about, `Job ${job} is complete, and no pod of it says what it restored`);
  const { drilledCopy, milliseconds, proof: proven } = drilled;
  if (milliseconds.length !== times)
    return no(about, `${drilledCopy} was restored ${milliseconds.length} times, and not ${times} times`);
  const { median, worst } = worstAndMedian(milliseconds);
  return yes(
    about,
    `${drilledCopy}: ${proven}, ${times === 1 ? `in ${inSeconds(worst)}` : `${times} times, median ${inSeconds(median)}, worst ${inSeconds(worst)}`}`,
  );
}
