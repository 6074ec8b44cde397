import type { Target } from "../../../components/systems/target.ts";
import { UsageError } from "../errors.ts";
import { type Fact, no, yes } from "../fact.ts";
import { hold, noteOf, release } from "../held-object.ts";
import { type Holdables, holdablesOf, rightsOfHolding } from "../holdables.ts";
import { pageName, removePage, rightsOfPage } from "../maintenance-page.ts";
import { held, nameOf, pageFact, pageStep, started, stopped, wasOf, writing } from "../maintenance-parts.ts";
import type { ActingVerb, Input, Plan, Scope } from "../verb.ts";
import { living, settled } from "../workloads.ts";

/** Takes a system out of use for a while, and brings it back as it was (P10). */
export const maintenance: ActingVerb = {
  kind: "disturbs",
  name: "maintenance",
  summary:
    "Take a system out of use, with a page at its hosts, its programs and schedules stopped and its autoscalers held; or put all of that back exactly. Stores run on, and copies are made.",
  names: [{ form: "<on|off>", description: "off also ends one that was cut short, and on goes on with it" }],
  options: [],
  rights: [
    ...rightsOfHolding,
    ...rightsOfPage,
    { group: "batch", resource: "jobs", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["list"] },
  ],
  examples: ["maintenance platform-service on", "maintenance platform-service off"],
  async plan(target, scope, input) {
    const [way] = input.names;
    if (way !== "on" && way !== "off") throw new UsageError(`"${way}" is neither on nor off`);
    const there = await holdablesOf(target.namespace, scope);
    return way === "on" ? on(target, there, scope, input) : off(target, there, scope);
  },
};

async function on(target: Target, there: Holdables, scope: Scope, { run }: Input): Promise<Plan> {
  const { namespace, system } = target;
  const all = held(target, there);
  const free = all.filter(({ object }) => noteOf(object.metadata, "maintenance") === undefined);
  const since = all.flatMap(({ object }) => noteOf(object.metadata, "maintenance") ?? [])[0];
  const page = there.ingresses.length > 0;
  const programs = free.filter(({ object }) => object.kind === "Deployment").map(({ object }) => object);
  return {
    changes: free.map(({ object, from, to }) => ({ object: nameOf(object), from, to })),
    problems: [
      ...(all.length === 0 ? [`${system} has nothing that could be stopped: bring the stack up with npm run up`] : []),
      ...(all.length > 0 && free.length === 0
        ? [`${system} is in maintenance since ${since?.since}: end it with runbook maintenance ${system} off`]
        : []),
      ...there.scaledObjects
        .filter(({ metadata }) => noteOf(metadata, "scale"))
        .map(({ name }) => `ScaledObject ${name} is held at a number of pods: runbook scale ${system} ${name} auto`),
      ...(await writing(target, there, scope)).map(
        (job) =>
          `${job} runs and writes: wait for it, kubectl wait -n ${namespace} --for=condition=Complete job/${job} --timeout=30m`,
      ),
    ],
    before: Object.fromEntries(all.map(({ object, from }) => [nameOf(object), from])),
    steps: [
      ...(page ? [pageStep(namespace)] : []),
      ...free.map(({ object, to, change }) => ({
        name: `hold ${nameOf(object)}`,
        run: async (within: Scope) => (await hold(object, "maintenance", change, run, within.now()), to),
      })),
      ...programs.map((object) => ({ name: `wait for ${nameOf(object)}`, run: stopped(namespace, object) })),
    ],
    prove: async () => {
      const now = held(target, await holdablesOf(namespace, scope));
      const running = await writing(target, there, scope);
      return [
        ...now.map(({ object, from, to }): Fact => {
          const well = noteOf(object.metadata, "maintenance") !== undefined;
          return (well ? yes : no)(nameOf(object), well ? to : from);
        }),
        running.length === 0
          ? yes("jobs", "none that writes runs")
          : no("jobs", `${running.join(", ")} runs and writes`),
        ...(page ? [await pageFact(namespace, scope)] : []),
      ];
    },
    goOn: `what is held remembers what it was: runbook maintenance ${system} on goes on, and runbook maintenance ${system} off puts all of it back`,
  };
}

async function off(target: Target, there: Holdables, scope: Scope): Promise<Plan> {
  const { namespace, system } = target;
  const all = [...there.deployments, ...there.cronJobs, ...there.scaledObjects, ...there.ingresses];
  const noted = all.filter(({ metadata }) => noteOf(metadata, "maintenance") !== undefined);
  const left = there.deployments.some(({ name }) => name === pageName);
  const order = target.workloads.map(({ name }) => name);
  const programs = noted
    .filter(({ kind }) => kind === "Deployment")
    .sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  const rest = noted.filter(({ kind }) => kind !== "Deployment");
  return {
    changes: [
      ...[...programs, ...rest].map((object) => ({ object: nameOf(object), from: "held", to: wasOf(object) })),
      ...(left ? [{ object: `Deployment ${pageName}`, from: "answers", to: "gone" }] : []),
    ],
    problems: noted.length === 0 && !left ? [`${system} is not in maintenance`] : [],
    before: Object.fromEntries(noted.map((object) => [nameOf(object), noteOf(object.metadata, "maintenance")])),
    steps: [
      ...programs.flatMap((object) => [
        { name: `start ${nameOf(object)}`, run: async () => (await release(object, "maintenance"), wasOf(object)) },
        { name: `wait for ${nameOf(object)}`, run: started(namespace, object) },
      ]),
      ...rest.map((object) => ({
        name: `put back ${nameOf(object)}`,
        run: async () => (await release(object, "maintenance"), wasOf(object)),
      })),
      ...(left
        ? [{ name: "remove the page", run: async (within: Scope) => (await removePage(namespace, within), "gone") }]
        : []),
    ],
    prove: async () => {
      const now = await holdablesOf(namespace, scope);
      const still = Object.values(now)
        .flat()
        .filter(({ metadata }) => noteOf(metadata, "maintenance") !== undefined);
      const workloads = await Promise.all(
        target.workloads.map(async (workload): Promise<Fact> => {
          const { ready, detail } = settled(await living(scope.kubeConfig, namespace, workload));
          const about = `${workload.kind} ${workload.name}`;
          return (ready ? yes : no)(about, detail.replace(`${about}: `, ""));
        }),
      );
      return [
        ...workloads,
        still.length === 0 ? yes("held", "nothing is") : no("held", still.map(nameOf).join(", ")),
        (now.deployments.some(({ name }) => name === pageName) ? no : yes)("maintenance page", "gone"),
      ];
    },
    goOn: `what is not put back yet still remembers what it was: runbook maintenance ${system} off goes on`,
  };
}
