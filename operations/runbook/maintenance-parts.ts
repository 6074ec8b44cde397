import type { Target } from "../../components/systems/target.ts";
import { type Fact, no, yes } from "./fact.ts";
import { type Holdable, noteOf, type Part } from "./held-object.ts";
import type { Holdables } from "./holdables.ts";
import { endOf, isRunOf, jobsOf } from "./jobs.ts";
import { pageName, raisePage, rulesToPage } from "./maintenance-page.ts";
import { untilGone, untilReady } from "./scaling.ts";
import type { Scope, Step } from "./verb.ts";
import { living, secondsForOnePod, settled } from "./workloads.ts";

/** An object with the form that it has during maintenance. */
interface Held {
  readonly object: Holdable;
  readonly from: string;
  readonly to: string;
  readonly change: Part;
}

/** What a maintenance holds: hosts first, so that nobody meets a half-stopped system, and programs last. */
export function held({ workloads, dataStores }: Target, there: Holdables): readonly Held[] {
  const stores = dataStores.map(({ name }) => name);
  const copies = dataStores.map(({ backup }) => backup);
  const programs = workloads
    .filter(({ kind, name }) => kind === "Deployment" && !stores.includes(name))
    .toReversed() // who is asked by others stops after them
    .flatMap(({ name }) => there.deployments.filter((deployment) => deployment.name === name));
  return [
    ...there.ingresses.map((object) => ({
      object,
      from: "leads to the system",
      to: "leads to the maintenance page",
      change: { spec: { rules: rulesToPage(object.spec["rules"]) } },
    })),
    ...there.scaledObjects.map((object) => ({
      object,
      from: "scales",
      to: "rests",
      change: { annotations: { "autoscaling.keda.sh/paused": "true" } },
    })),
    ...there.cronJobs
      .filter(
        ({ name, spec, metadata }) =>
          !copies.includes(name) && (noteOf(metadata, "maintenance") || spec["suspend"] !== true),
      )
      .map((object) => ({ object, from: "runs as scheduled", to: "suspended", change: { spec: { suspend: true } } })),
    // An autoscaler rests while its workload is to have no pod.
    // Its plan names no number, which an autoscaler may change while the plan is read.
    ...programs.map((object) => ({ object, from: "runs", to: "0 pods", change: { spec: { replicas: 0 } } })),
  ];
}

export const nameOf = ({ kind, name }: Holdable): string => `${kind} ${name}`;

/** What an object that is held was, in words. */
export function wasOf({ kind, metadata }: Holdable): string {
  const { spec = {} } = noteOf(metadata, "maintenance")?.was ?? {};
  if (kind === "Deployment") return `${(spec["replicas"] as number | null) ?? 1} pods`;
  return { Ingress: "leads to the system", CronJob: "runs as scheduled" }[kind] ?? "scales";
}

/** Jobs of schedules that are held, that go on: they end by themselves, and until then they write. */
export async function writing(
  { namespace, dataStores }: Target,
  { cronJobs }: Holdables,
  scope: Scope,
): Promise<string[]> {
  const copies = dataStores.map(({ backup }) => backup);
  const there = await jobsOf(scope.kubeConfig, namespace);
  const owners = there.cronJobs.filter(
    ({ metadata }) => !copies.includes(metadata?.name) && cronJobs.some(({ name }) => name === metadata?.name),
  );
  return there.jobs
    .filter((job) => endOf(job) === undefined && owners.some((cronJob) => isRunOf(job, cronJob)))
    .map(({ metadata }) => metadata!.name!);
}

export const pageStep = (namespace: string): Step => ({
  name: "raise the page",
  run: async (within) => {
    await raisePage(namespace, within);
    const page = { kind: "Deployment", name: pageName } as const;
    const first = await living(within.kubeConfig, namespace, page);
    await untilReady(within, namespace, first, secondsForOnePod(first));
    return "Ready";
  },
});

export async function pageFact(namespace: string, { kubeConfig }: Scope): Promise<Fact> {
  const { ready, detail } = settled(await living(kubeConfig, namespace, { kind: "Deployment", name: pageName }));
  return (ready ? yes : no)("maintenance page", detail);
}

export const stopped =
  (namespace: string, { name }: Holdable) =>
  async (within: Scope): Promise<string> =>
    untilGone(within, namespace, await living(within.kubeConfig, namespace, { kind: "Deployment", name }));

export const started =
  (namespace: string, { name }: Holdable) =>
  async (within: Scope): Promise<string> => {
    const first = await living(within.kubeConfig, namespace, { kind: "Deployment", name });
    await untilReady(within, namespace, first, secondsForOnePod(first));
    return "Ready";
  };
