import type { V1Job } from "@kubernetes/client-node";
import { no, yes } from "../fact.ts";
import { awaitJob, rightsOfJobs, startJob } from "../job-run.ts";
import { endOf, jobsOf, jobSources, runName, runningOf, sourceNamed } from "../jobs.ts";
import type { ActingVerb } from "../verb.ts";

/** Runs a declared job now (B08, B09, E03). */
export const run: ActingVerb = {
  kind: "acts",
  name: "run",
  summary: "Run a job that the system declares now, under the lock of its schedule, and wait for its end.",
  names: [{ form: "[job]", description: "a CronJob, or a Job that an update runs; without it they are listed" }],
  options: [],
  rights: rightsOfJobs,
  examples: ["run bots-edi bots-engine", "run bgc-platform populate-countries"],
  async plan({ system, namespace }, scope, { names, run: id }) {
    const there = await jobsOf(scope.kubeConfig, namespace);
    const source = sourceNamed(names[0], jobSources(there), system);
    const name = runName(source, id);
    const running = runningOf(source, there).map(({ metadata }) => metadata!.name!);
    let job: V1Job | undefined;
    return {
      changes: [{ object: `Job ${name}`, from: "not there", to: `a run of ${source.kind} ${source.name}` }],
      problems: [
        ...(running.length > 0
          ? [
              `${source.name} runs already: ${running.join(", ")}. Wait for it: kubectl wait -n ${namespace} --for=condition=Complete job/${running[0]} --timeout=30m`,
            ]
          : []),
        ...(scope.simulated ? ["the node is simulated: no container runs there, and no job does anything"] : []),
      ],
      steps: [
        {
          name: `start Job ${name}`,
          run: async (within) => (
            (job = await startJob(source, name, namespace, within)), `started with UID ${job.metadata?.uid}`
          ),
        },
        { name: `wait for Job ${name}`, run: async (within) => ((job = await awaitJob(job!, within)), "complete") },
      ],
      prove: async () => [
        endOf(job!)?.succeeded ? yes(`Job ${name}`, "complete") : no(`Job ${name}`, "it has not ended well"),
      ],
      goOn: `a Job that was started goes on in the cluster: kubectl get job -n ${namespace} ${name}; its log: kubectl logs -n ${namespace} job/${name} --all-containers`,
    };
  },
};
