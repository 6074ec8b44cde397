import { BatchV1Api } from "@kubernetes/client-node";
import { type Fact, no, yes } from "../fact.ts";
import { hold, noteOf, release } from "../held-object.ts";
import { cronJobsOf } from "../holdables.ts";
import { jobsOf, type JobSource, jobSources, sourceNamed } from "../jobs.ts";
import { UsageError } from "../errors.ts";
import { suspendedBy } from "../suspended-by.ts";
import type { ActingVerb } from "../verb.ts";

const suspension = (
  suspended: boolean,
  text: Pick<ActingVerb, "kind" | "name" | "summary" | "examples">,
): ActingVerb => ({
  ...text,
  names: [{ form: "<job...>", description: "CronJobs of the system" }],
  options: [],
  rights: [
    { group: "batch", resource: "cronjobs", verbs: ["get", "list", "patch"] },
    { group: "batch", resource: "jobs", verbs: ["list"] },
  ],
  async plan({ system, namespace }, scope, { names, run }) {
    const api = scope.kubeConfig.makeApiClient(BatchV1Api);
    const sources = jobSources(await jobsOf(scope.kubeConfig, namespace)).filter(
      (source): source is JobSource & { kind: "CronJob" } => source.kind === "CronJob",
    );
    if (names.length === 0)
      throw new UsageError(
        `name a job of ${system}: ${sources.map(({ name }) => name).join(", ") || "it has none with a schedule"}`,
      );
    const cronJobs = names.map(
      (name) => (sourceNamed(name, sources, system) as JobSource & { kind: "CronJob" }).cronJob,
    );
    const said = (state: boolean | undefined) => (state ? "suspended" : "runs as scheduled");
    return {
      changes: cronJobs.map(({ metadata, spec }) => ({
        object: `CronJob ${metadata?.name} "${spec?.schedule}" ${spec?.timeZone ?? "Etc/UTC"}`,
        from: said(spec?.suspend),
        to: said(suspended),
      })),
      problems: cronJobs.flatMap((cronJob) => {
        const { metadata, spec } = cronJob;
        const { by, declared } = suspendedBy(cronJob);
        if ((spec?.suspend ?? false) === suspended)
          return [
            suspended ? `${metadata?.name} is suspended already, by ${by}` : `${metadata?.name} is not suspended`,
          ];
        if (!suspended && declared)
          return [
            `${metadata?.name} is suspended by the stack itself: change the setting in Pulumi.${scope.stack}.yaml and run npm run up, or the next update suspends it again`,
          ];
        return [];
      }),
      before: Object.fromEntries(
        cronJobs.map(({ metadata, spec }) => [metadata!.name!, { suspend: spec?.suspend ?? false }]),
      ),
      steps: cronJobs.map(({ metadata }) => ({
        name: `${suspended ? "suspend" : "resume"} CronJob ${metadata?.name}`,
        run: async (within) => {
          const object = (await cronJobsOf(namespace, within)).find(({ name }) => name === metadata?.name)!;
          if (suspended) await hold(object, "suspend", { spec: { suspend: true } }, run, within.now());
          else if (noteOf(object.metadata, "suspend")) await release(object, "suspend");
          else await object.patch({ spec: { suspend: false } }); // another program's suspension
          return said(suspended);
        },
      })),
      prove: () =>
        Promise.all(
          cronJobs.map(async ({ metadata }): Promise<Fact> => {
            const { spec, status } = await api.readNamespacedCronJob({ namespace, name: metadata!.name! });
            const running =
              suspended && (status?.active?.length ?? 0) > 0
                ? `; ${status!.active!.map(({ name }) => name).join(", ")} ends by itself`
                : "";
            return ((spec?.suspend ?? false) === suspended ? yes : no)(
              `CronJob ${metadata?.name}`,
              `${said(spec?.suspend)}${running}`,
            );
          }),
        ),
      goOn: `see how each is now: runbook status ${system}`,
    };
  },
});

/** Keeps a schedule from starting runs, for the moment (E03). */
export const suspend: ActingVerb = suspension(true, {
  kind: "disturbs",
  name: "suspend",
  examples: ["suspend bots-edi bots-engine"],
  summary:
    "Keep schedules from starting runs until they are resumed; a run that goes on ends by itself. What has to last is a setting of the stack.",
});

/** Lets a schedule start runs again (E03). */
export const resume: ActingVerb = suspension(false, {
  kind: "acts",
  name: "resume",
  examples: ["resume bots-edi bots-engine"],
  summary: "Let schedules start runs again. One that the stack itself suspends is refused.",
});
