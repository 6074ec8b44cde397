import { CoreV1Api, type V1Job } from "@kubernetes/client-node";
import { secondsOf } from "../duration.ts";
import { keptEvidence } from "../evidence.ts";
import { measured } from "../fact.ts";
import { endOf, jobsOf } from "../jobs.ts";
import { containerStatuses } from "../pod-state.ts";
import { type Day, type JobOfDay, type RestartOfDay, reportPage } from "../report-page.ts";
import type { ReadingVerb, Scope } from "../verb.ts";
import { backups } from "./backups.ts";
import { status } from "./status.ts";

/** Writes what a day was like (E15, P12). */
export const report: ReadingVerb = {
  kind: "reads",
  name: "report",
  summary:
    "Write what a day was like, as Markdown or with --json: the state, the copies, the jobs, the restarts of containers and the commands that somebody ran, with their proofs.",
  names: [],
  options: [{ flags: "--since <duration>", description: "how far back: 8h, 7d", default: "1d" }],
  rights: [
    ...status.rights,
    ...backups.rights.filter((right) => !status.rights.some(({ resource }) => resource === right.resource)),
    { group: "", resource: "configmaps", verbs: ["list"] },
  ],
  examples: ["report > report.md", "report bgc-platform --since 7d --json"],
  async look(target, scope, input) {
    const { namespace } = target;
    const since = new Date(scope.now().getTime() - secondsOf("--since", String(input.options["since"] ?? "1d")) * 1000);
    const day: { jobs: Day["jobs"]; restarts: Day["restarts"]; runs: Day["runs"] } = {
      jobs: [],
      restarts: [],
      runs: [],
    };
    const [state, copies, ...unknown] = await Promise.all([
      status.look(target, scope, input),
      backups.look(target, scope, { ...input, names: [] }),
      measured("jobs of the day", async () => ((day.jobs = await jobsSince(namespace, since, scope)), [])),
      measured("restarts of the day", async () => ((day.restarts = await restartsSince(namespace, since, scope)), [])),
      measured("commands of the day", async () => ((day.runs = await keptEvidence(namespace, since, scope)), [])),
    ]);
    const whole: Day = {
      ...day,
      from: since.toISOString(),
      to: scope.now().toISOString(),
      state: state.facts,
      copies: copies.facts,
      unknown: unknown.flat(),
    };
    return {
      facts: [...whole.state, ...whole.copies, ...whole.unknown],
      data: whole,
      page: reportPage(target, whole),
    };
  },
};

const moment = (time: Date): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

async function jobsSince(namespace: string, since: Date, { kubeConfig }: Scope): Promise<JobOfDay[]> {
  const { jobs } = await jobsOf(kubeConfig, namespace);
  return jobs
    .filter(({ status: seen }) => seen?.startTime)
    .map((job): JobOfDay => {
      const ended = endedAt(job);
      return {
        job: job.metadata!.name!,
        started: moment(job.status!.startTime!),
        ...(ended && { ended: moment(ended) }),
        result: endOf(job)?.detail ?? "runs",
      };
    })
    .filter(({ ended, started }) => new Date(ended ?? started) >= since)
    .sort((one, other) => other.started.localeCompare(one.started));
}

const endedAt = ({ status: seen }: V1Job): Date | undefined =>
  seen?.completionTime ?? seen?.conditions?.find(({ type }) => type === "Failed")?.lastTransitionTime;

/** A pod that is gone has taken the count of its restarts along. */
async function restartsSince(namespace: string, since: Date, { kubeConfig }: Scope): Promise<RestartOfDay[]> {
  const { items } = await kubeConfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
  return items.flatMap((pod) =>
    containerStatuses(pod).flatMap(({ name, restartCount, lastState }) => {
      const { finishedAt, reason, exitCode } = lastState?.terminated ?? {};
      return finishedAt && new Date(finishedAt) >= since
        ? [
            {
              pod: pod.metadata!.name!,
              container: name,
              restarts: restartCount,
              at: moment(finishedAt),
              reason: `${reason ?? "ended"}, exit code ${exitCode}`,
            },
          ]
        : [];
    }),
  );
}
