import type { V1Job } from "@kubernetes/client-node";
import type { Target } from "../../../components/systems/target.ts";
import { choice } from "../../../settings/nearest-name.ts";
import { provenBy } from "../../backup-age.ts";
import { noBackup } from "../copy-jobs.ts";
import { type Fact, no, yes } from "../fact.ts";
import { awaitJob, rightsOfJobs, startJob } from "../job-run.ts";
import { jobsOf, jobSources, podsOf, runName, runningOf } from "../jobs.ts";
import { size } from "../size.ts";
import { UsageError } from "../errors.ts";
import type { ActingVerb } from "../verb.ts";

/** Stores of a system that have a backup, those named or all. Throws {@link UsageError} where there is none. */
export function backedUp(
  { system, dataStores }: Target,
  named: readonly string[],
): readonly { readonly store: string; readonly backup: string }[] {
  const all = dataStores.flatMap(({ name, backup }) => (backup ? [{ store: name, backup }] : []));
  const stores = all.map(({ store }) => store);
  const unknown = named.find((name) => !stores.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `${system} has no backup of "${unknown}"; ${stores.length > 0 ? choice(unknown, stores) : "none of its stores has one"}`,
    );
  return all.filter(({ store }) => named.length === 0 || named.includes(store));
}

/** Makes a verified copy now (B10, P06, E09, G08). */
export const backup: ActingVerb = {
  kind: "acts",
  name: "backup",
  summary: "Make a copy of the system's data now, and wait until it is restored, compared and named.",
  names: [
    { form: "[store...]", description: "only these stores; without them all that have a backup, one after another" },
  ],
  options: [],
  rights: rightsOfJobs,
  examples: ["backup bgc-platform", "backup techbra-ecommerce redis"],
  async plan(target, scope, { names, run: id }) {
    const { system, namespace } = target;
    const wanted = backedUp(target, names);
    const there = await jobsOf(scope.kubeConfig, namespace);
    const sources = jobSources(there);
    const made = new Map<string, V1Job>();
    const runs = wanted.flatMap(({ store, backup: cronJob }) => {
      const source = sources.find(({ kind, name }) => kind === "CronJob" && name === cronJob);
      return source ? [{ store, source, name: runName(source, id) }] : [];
    });
    return {
      changes: runs.map(({ store, source, name }) => ({
        object: `copy of ${store}`,
        from: "as scheduled",
        to: `one more by Job ${name} of CronJob ${source.name}`,
      })),
      problems: [
        ...(wanted.length === 0
          ? [
              `no store of ${system} has a backup: a cache that may lose its data and a store that somebody else runs have none`,
            ]
          : []),
        ...wanted
          .filter(({ store }) => !runs.some((each) => each.store === store))
          .map(({ store, backup: cronJob }) => noBackup(cronJob, store, namespace)),
        ...runs.flatMap(({ source }) =>
          runningOf(source, there).map(
            ({ metadata }) =>
              `${source.name} runs already: ${metadata?.name}. Follow it: kubectl wait -n ${namespace} --for=condition=Complete job/${metadata?.name} --timeout=2h`,
          ),
        ),
        ...(scope.simulated ? ["the node is simulated: no container runs there, and nothing is copied"] : []),
      ],
      steps: runs.flatMap(({ source, name }) => [
        {
          name: `start Job ${name}`,
          run: async (within: typeof scope) => (
            made.set(name, await startJob(source, name, namespace, within)),
            `started with UID ${made.get(name)?.metadata?.uid}`
          ),
        },
        {
          name: `wait for Job ${name}`,
          run: async (within: typeof scope) => (made.set(name, await awaitJob(made.get(name)!, within)), "complete"),
        },
      ]),
      prove: () =>
        Promise.all(
          runs.map(async ({ store, name }): Promise<Fact> => {
            const [copy] = (await podsOf(scope.kubeConfig, made.get(name)!)).flatMap(provenBy);
            if (copy === undefined)
              return no(`copy of ${store}`, `Job ${name} is complete, and no pod of it says that a copy was verified`);
            return yes(
              `copy of ${store}`,
              `${copy.name}, ${size(copy.bytes)}, restored and compared at ${copy.at.toISOString().slice(0, 19)}Z`,
            );
          }),
        ),
      goOn: `a Job that was started goes on in the cluster: runbook backups ${system}`,
    };
  },
};
