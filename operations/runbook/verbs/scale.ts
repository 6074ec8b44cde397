import type { Target } from "../../../components/systems/target.ts";
import { choice } from "../../../settings/nearest-name.ts";
import { UsageError } from "../errors.ts";
import { type Fact, no, yes } from "../fact.ts";
import { hold, type Holdable, noteOf, type Part, release } from "../held-object.ts";
import { autoscalersOf, scaledObjectsOf } from "../holdables.ts";
import { lacking, quotasOf } from "../readiness/room.ts";
import { lastingNumber } from "../replica-settings.ts";
import type { ActingVerb, Plan, Scope } from "../verb.ts";
import { until } from "../wait.ts";
import { type Living, living, secondsForOnePod, settled, wanted } from "../workloads.ts";

/** KEDA's own word for a number that its autoscaler keeps. */
const paused = "autoscaling.keda.sh/paused-replicas";

/** Holds a workload at more or fewer pods for the moment. */
export const scale: ActingVerb = {
  kind: "acts",
  name: "scale",
  summary:
    "Hold a workload at more or fewer pods for the moment, within the range of its autoscaler, until auto gives it back. What has to last is a setting, which it names.",
  names: [
    { form: "<workload>", description: "a Deployment with an autoscaler" },
    { form: "<pods>", description: "at least so many pods, or at most where it has more now; auto ends that" },
  ],
  options: [],
  rights: [
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "autoscaling", resource: "horizontalpodautoscalers", verbs: ["get", "list", "patch"] },
    { group: "keda.sh", resource: "scaledobjects", verbs: ["get", "list", "patch"] },
    { group: "", resource: "pods", verbs: ["list"] },
    { group: "", resource: "resourcequotas", verbs: ["list"] },
  ],
  examples: [
    "scale platform-service platform-service 5",
    "scale platform-service platform-service auto",
    "scale resilient-api-gateway proxy-service 8 --dry-run",
  ],
  async plan(target, scope, { names: [name = "", number = ""], run }) {
    const workload = scaled(target, name);
    if (number !== "auto" && !/^\d{1,4}$/.test(number))
      throw new UsageError(`"${number}" is no number of pods, and not auto`);
    const before = await living(scope.kubeConfig, target.namespace, workload);
    const autoscaler = await autoscalerOf(target.namespace, name, scope);
    if (autoscaler === undefined) return refused(target, before, number, scope);
    return number === "auto"
      ? givenBack(target, before, autoscaler)
      : held(target, before, autoscaler, Number(number), scope, run);
  },
};

const podsIn = (count: number): string => (count === 1 ? "1 pod" : `${count} pods`);

function scaled({ system, workloads }: Target, name: string): Target["workloads"][number] {
  const deployments = workloads.filter(({ kind }) => kind === "Deployment");
  const found = deployments.find((workload) => workload.name === name);
  if (found !== undefined) return found;
  const names = deployments.map((workload) => workload.name);
  throw new UsageError(`${system} has no Deployment "${name}"; ${choice(name, names)}`);
}

/** KEDA's object where there is one: it would set the range of its autoscaler again at once. */
async function autoscalerOf(namespace: string, name: string, scope: Scope): Promise<Holdable | undefined> {
  const all = [...(await scaledObjectsOf(namespace, scope)), ...(await autoscalersOf(namespace, scope))];
  return all.find(({ spec }) => (spec["scaleTargetRef"] as { name?: string } | undefined)?.name === name);
}

interface Range {
  readonly least: number;
  readonly most: number;
}

function rangeOf({ kind, spec }: Holdable): Range {
  const of = (field: string, otherwise: number) => (spec[field] as number | undefined) ?? otherwise;
  return kind === "ScaledObject"
    ? { least: of("minReplicaCount", 0), most: of("maxReplicaCount", 100) }
    : { least: of("minReplicas", 1), most: of("maxReplicas", 1) };
}

const inWords = ({ least, most }: Range): string => `${least} to ${podsIn(most)}`;

/** Without an autoscaler the number is declared: the next update that changes the workload would set it again. */
function refused({ system }: Target, { name, controller }: Living, number: string, { stack }: Scope): Plan {
  const pods = number === "auto" ? (controller.spec?.replicas ?? 1) : Number(number);
  return {
    changes: [],
    problems: [`${name} has no autoscaler, so its number is declared; ${lastingNumber(system, name, stack, pods)}`],
    steps: [],
    prove: async () => [],
    goOn: "",
  };
}

async function held(
  { namespace, system }: Target,
  before: Living,
  autoscaler: Holdable,
  pods: number,
  scope: Scope,
  run: string,
): Promise<Plan> {
  const { name } = before;
  const range = rangeOf(autoscaler);
  const now = wanted(before);
  const up = pods >= now;
  const then =
    autoscaler.kind === "ScaledObject" ? { least: pods, most: pods } : { ...range, [up ? "least" : "most"]: pods };
  const change: Part =
    autoscaler.kind === "ScaledObject"
      ? { annotations: { [paused]: String(pods) } }
      : { spec: { [up ? "minReplicas" : "maxReplicas"]: pods } };
  const back = `runbook scale ${system} ${name} auto`;
  const out = pods < range.least ? "min" : pods > range.most ? "max" : undefined;
  const note = noteOf(autoscaler.metadata, "scale");
  const room = lacking(await quotasOf(namespace, scope), before.controller.spec!.template, Math.max(0, pods - now));
  return {
    changes: [{ object: `autoscaler of ${name}`, from: inWords(range), to: `${inWords(then)}, until ${back}` }],
    problems: [
      ...(note ? [`the autoscaler of ${name} is held since ${note.since}: give it back first, with ${back}`] : []),
      ...(out && !note
        ? [
            `the autoscaler of ${name} keeps ${inWords(range)}, so ${pods} is for the stack to say; ${lastingNumber(system, name, scope.stack, pods, out)}`,
          ]
        : []),
      ...(noteOf(before.controller.metadata, "maintenance") ? [`${name} is stopped: ${system} is in maintenance`] : []),
      ...room.map((what) => `there is no room for ${podsIn(pods)}: ${what}`),
    ],
    before: { replicas: now, ...range },
    steps: [
      {
        name: `hold the autoscaler of ${name}`,
        run: async (within) => (
          await hold(autoscaler, "scale", change, run, within.now()), `${inWords(then)}, until ${back}`
        ),
      },
      { name: `wait for Deployment ${name}`, run: (within) => brought(namespace, before, pods, up, within) },
    ],
    prove: async () => {
      const after = await living(scope.kubeConfig, namespace, before);
      const { ready, detail } = settled(after);
      const about = `Deployment ${name}`;
      return [
        (ready && reached(after, pods, up) ? yes : no)(about, detail.replace(`${about}: `, "")),
        (noteOf((await autoscaler.again()).metadata, "scale") ? yes : no)(
          `autoscaler of ${name}`,
          `held: ${back} gives it back`,
        ),
      ];
    },
    goOn: `put the autoscaler back: ${back}`,
  };
}

/** The autoscaler may go further that way by itself. */
const reached = (now: Living, pods: number, up: boolean): boolean => (up ? wanted(now) >= pods : wanted(now) <= pods);

async function brought(namespace: string, before: Living, pods: number, up: boolean, scope: Scope): Promise<string> {
  const { kind, name } = before;
  return until<string>(
    { what: `${kind} ${name} to have ${podsIn(pods)}`, seconds: secondsForOnePod(before) },
    scope,
    async () => {
      const now = await living(scope.kubeConfig, namespace, before);
      const { ready, detail } = settled(now);
      return { done: ready && reached(now, pods, up), state: detail, value: podsIn(wanted(now)) };
    },
  );
}

async function givenBack({ system }: Target, { name }: Living, autoscaler: Holdable): Promise<Plan> {
  const note = noteOf(autoscaler.metadata, "scale");
  const was = note && rangeOf({ ...autoscaler, spec: { ...autoscaler.spec, ...note.was.spec } });
  return {
    changes: was ? [{ object: `autoscaler of ${name}`, from: `held since ${note.since}`, to: inWords(was) }] : [],
    problems: note ? [] : [`the autoscaler of ${name} is not held: it keeps ${inWords(rangeOf(autoscaler))}`],
    before: { held: note },
    steps: [
      {
        name: `give the autoscaler of ${name} back`,
        run: async () => (await release(autoscaler, "scale"), inWords(was!)),
      },
    ],
    prove: async () => {
      const now = await autoscaler.again();
      const well = noteOf(now.metadata, "scale") === undefined && inWords(rangeOf(now)) === inWords(was!);
      return [(well ? yes : no)(`autoscaler of ${name}`, inWords(rangeOf(now))) satisfies Fact];
    },
    goOn: `it still remembers what it was: runbook scale ${system} ${name} auto goes on`,
  };
}
