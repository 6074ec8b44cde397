import { BatchV1Api, type V1Job } from "@kubernetes/client-node";
import type { Target } from "../../components/systems/target.ts";
import { answerOf } from "../api-answer.ts";
import { busyWith, noBackup, serverJob } from "./copy-jobs.ts";
import { type Fact, no, yes } from "./fact.ts";
import { awaitJob, startJob } from "./job-run.ts";
import { endOf, jobsOf, type JobSource, jobSources, madeFrom, runName, runningOf } from "./jobs.ts";
import { noteOf } from "./note.ts";
import { pauseOf } from "./pause.ts";
import { leftIn, type PostgresState, postgresState, refuseUnknown, serverProblems } from "./postgres-server.ts";
import type { Plan, Scope, Step } from "./verb.ts";

/** What is to be restored, and where to. */
interface Wanted {
  readonly store: string;
  /** The CronJob that copies it. */
  readonly backup: string;
  readonly database: string;
  readonly owner: string;
  readonly run: string;
  /** A verified copy or `newest`; or a database that an earlier restore kept. */
  readonly from: { readonly copy: string } | { readonly kept: string };
}

/** What restore.sh leaves in its pod's status. */
interface Restored {
  readonly restoredCopy: string;
  readonly at: string;
  /** Identity of the new database, which no rename changes. */
  readonly oid: number;
  readonly proof: string;
}

/** The longest name that Postgres keeps whole, in bytes. */
const longestName = 63;

/**
 * Loads a copy into a new database while the old one serves, stops what uses it, swaps both names in one transaction,
 * and puts back what was stopped. Killed before the swap it has changed nothing that serves.
 */
export async function postgresRestore(target: Target, scope: Scope, wanted: Wanted): Promise<Plan> {
  const { namespace, system } = target;
  const { store, database, from, run } = wanted;
  const at = run.slice(0, run.indexOf("-"));
  const copy = "copy" in from ? from.copy : undefined;
  const next = "kept" in from ? from.kept : `${database}_restored_${at}`;
  const kept = `${database}_${copy ? "before" : "undone"}_${at}`;
  const [there, pause, state] = await Promise.all([
    jobsOf(scope.kubeConfig, namespace),
    pauseOf(target, scope),
    scope.simulated
      ? "the node is simulated: no container runs there, and nothing can be restored"
      : postgresState(target, scope, store, database).catch(answerOf),
  ]);
  if ("kept" in from && typeof state !== "string") refuseUnknown(from.kept, database, state);
  const sources = jobSources(there);
  const cronJob = there.cronJobs.find(({ metadata }) => metadata?.name === wanted.backup);
  const declaredJob = (name: RegExp) =>
    sources.find((source): source is JobSource & { kind: "Job" } => source.kind === "Job" && name.test(source.name));
  const provision = declaredJob(new RegExp(`^${store}-provision$`));
  const migrations = copy ? declaredJob(/-migrations$/) : undefined;
  const left = copy && typeof state !== "string" ? leftIn(state, database) : [];
  const busy = [
    ...(cronJob ? runningOf({ kind: "CronJob", name: wanted.backup, cronJob }, there) : []),
    ...there.jobs.filter(
      (job) => endOf(job) === undefined && job.metadata?.annotations?.[madeFrom] === `${store}-provision`,
    ),
  ];
  const jobName = (what: string) => `${store.slice(0, 54 - run.length)}-${what}-${run}`;
  const names = { restore: jobName("restore"), swap: jobName("swap") };
  let restored: Restored | undefined;

  const jobStep = (name: string, make: () => Promise<V1Job>, ended: (job: V1Job) => Promise<string>): Step => ({
    name: `run Job ${name}`,
    run: async (within) => ended(await awaitJob(await make(), within)),
  });
  const make = (script: "restore" | "swap", env: Readonly<Record<string, string>>) => () =>
    scope.kubeConfig.makeApiClient(BatchV1Api).createNamespacedJob({
      namespace,
      body: serverJob(provision!, names[script], namespace, script, env, script === "restore" ? cronJob : undefined),
    });
  return {
    changes: [
      ...left.map((name) => ({ object: `database ${name}`, from: "left by a run that was cut short", to: "removed" })),
      ...(copy
        ? [
            {
              object: `database ${next}`,
              from: "not there",
              to: `${copy === "newest" ? "the newest verified copy" : `the copy ${copy}`}, compared table by table`,
            },
          ]
        : []),
      ...pause.changes,
      { object: `database ${database}`, from: "in use", to: `what ${next} is; what it is now is kept as ${kept}` },
      ...(migrations
        ? [{ object: `Job ${migrations.name}`, from: "has run", to: "runs again, for a copy from before it" }]
        : []),
    ],
    problems: [
      ...(cronJob ? [] : [noBackup(wanted.backup, store, namespace)]),
      ...(provision
        ? []
        : [
            `the Job ${store}-provision-<hash>, whose login is used, is not in namespace ${namespace}: bring the stack up with npm run up`,
          ]),
      ...busy.map((job) => busyWith(job, store, namespace)),
      ...[kept, next]
        .filter((name) => Buffer.byteLength(name) > longestName)
        .map((name) => `the name ${name} is longer than the ${longestName} bytes that Postgres keeps`),
      ...(typeof state === "string"
        ? [state]
        : serverProblems(state, pause.addresses, wanted, system, copy !== undefined)),
      ...pause.problems,
    ],
    before: { replicas: pause.before },
    steps: [
      ...(copy
        ? [
            jobStep(
              names.restore,
              make("restore", { COPY: copy, NEW: next, OWNER: wanted.owner, LEFT: left.join(" ") }),
              async (job) => {
                restored = await noteOf<Restored>(scope.kubeConfig, job, "restoredCopy");
                if (restored === undefined)
                  throw new Error(`Job ${names.restore} is complete, and no pod of it says what it restored`);
                return `${restored.restoredCopy}: ${restored.proof}`;
              },
            ),
          ]
        : []),
      ...pause.stop,
      jobStep(names.swap, make("swap", { DATABASE: database, NEW: next, KEPT: kept }), () =>
        Promise.resolve(`kept ${kept}`),
      ),
      ...(migrations
        ? [
            jobStep(
              runName(migrations, run),
              () => startJob(migrations, runName(migrations, run), namespace, scope),
              () => Promise.resolve("complete"),
            ),
          ]
        : []),
      ...pause.start,
    ],
    prove: async () => [
      ...swapped(await postgresState(target, scope, store, database), state as PostgresState, {
        database,
        kept,
        oid: restored?.oid ?? (state as PostgresState).databases.find(({ name }) => name === next)!.oid,
        proof: restored ? `${restored.restoredCopy}, ${restored.proof}` : `what ${next} was`,
        line: `npx runbook restore ${system} ${store} --back ${kept}`,
      }),
      ...(await pause.prove()),
    ],
    result: () => restored && { store, kept, ...restored },
    takeBack: () => pause.takeBack(),
    goOn:
      `${database} serves as before until Job ${names.swap} has ended well: kubectl logs -n ${namespace} job/${names.swap}. ` +
      `Where that has, what it was goes back with: npx runbook restore ${system} ${store} --back ${kept}. ` +
      `Otherwise the same command begins anew, and removes what this run left. What should run and does not: ${pause.byHand}`,
  };
}

function swapped(
  now: PostgresState,
  before: PostgresState,
  {
    database,
    kept,
    oid,
    proof,
    line,
  }: {
    readonly database: string;
    readonly kept: string;
    readonly oid: number;
    readonly proof: string;
    readonly line: string;
  },
): Fact[] {
  const oidOf = ({ databases }: PostgresState, wanted: string) => databases.find(({ name }) => name === wanted)?.oid;
  return [
    (oidOf(now, database) === oid ? yes : no)(
      `database ${database}`,
      oidOf(now, database) === oid ? proof : "it is not the one that was restored",
    ),
    (oidOf(now, kept) === oidOf(before, database) ? yes : no)(
      `database ${kept}`,
      oidOf(now, kept) === oidOf(before, database)
        ? `what ${database} was; it goes back with: ${line}`
        : "it is not the one that was in use",
    ),
  ];
}
