import { AutoscalingV2Api } from "@kubernetes/client-node";
import type { Target } from "../../components/systems/target.ts";
import { answerOf, ifThere } from "../api-answer.ts";
import { type Fact, no, yes } from "./fact.ts";
import { scale, started, stopped } from "./scaling.ts";
import type { Plan, Scope, Step } from "./verb.ts";
import { type Living, living, settled, wanted } from "./workloads.ts";

/** A workload that is stopped for a moment, and the number of pods that it has again afterwards. */
interface Paused {
  readonly workload: Living;
  readonly replicas: number;
}

/** Stops what uses a store, and puts it back. */
interface Pause {
  readonly changes: Plan["changes"];
  readonly problems: readonly string[];
  /** Number of pods of each workload before. */
  readonly before: Readonly<Record<string, number>>;
  /** Addresses of the pods that are stopped. */
  readonly addresses: ReadonlySet<string | undefined>;
  /** The last one of the start order first. */
  readonly stop: readonly Step[];
  readonly start: readonly Step[];
  prove(): Promise<Fact[]>;
  putBack(): Promise<string>;
  /** The line that puts back what a killed run left stopped. */
  readonly byHand: string;
}

/**
 * All workloads of a system but those that hold its data; a cache is one of them, as it would go on answering what is
 * no longer so. One that a run was cut short to put back has no pod, and gets the number that is declared.
 */
export async function pauseOf({ namespace, system, workloads, dataStores }: Target, scope: Scope): Promise<Pause> {
  const keeping = dataStores.filter(({ kind }) => kind !== "redis-cache").map(({ name }) => name);
  const found = await Promise.all(
    workloads
      .filter(({ name }) => !keeping.includes(name))
      .map(async (declared): Promise<Paused[]> => {
        const workload = await ifThere(living(scope.kubeConfig, namespace, declared));
        return workload ? [{ workload, replicas: wanted(workload) || declared.replicas }] : [];
      }),
  );
  const all = found.flat();
  const asked = new Set<Paused>();
  const named = ({ workload: { kind, name } }: Paused) => `${kind} ${name}`;
  return {
    changes: all.map((each) => ({
      object: named(each),
      // No number: an autoscaler may change it while the plan is read.
      from: each.workload.pods.length === 0 ? "has no pod" : "runs",
      to: "stopped while the data is exchanged, and started again",
    })),
    problems: await startedByKeda(namespace, system, all, scope),
    before: Object.fromEntries(all.map(({ workload: { name }, replicas }) => [name, replicas])),
    addresses: new Set(all.flatMap(({ workload }) => workload.pods.map(({ status }) => status?.podIP))),
    stop: all.toReversed().map((each) => ({
      name: `stop ${named(each)}`,
      run: (within) => (asked.add(each), stopped(within, namespace, each.workload)),
    })),
    start: all.map((each) => ({
      name: `start ${named(each)}`,
      run: async (within) => {
        const result = await started(within, namespace, each.workload, each.replicas);
        asked.delete(each);
        return result;
      },
    })),
    prove: () =>
      Promise.all(
        all.map(async (each): Promise<Fact> => {
          const now = await living(scope.kubeConfig, namespace, each.workload);
          const { ready, detail } = settled(now);
          return (ready && wanted(now) >= each.replicas ? yes : no)(
            named(each),
            detail.replace(`${named(each)}: `, ""),
          );
        }),
      ),
    async putBack() {
      const said: string[] = [];
      for (const each of asked)
        said.push(
          await scale(scope, namespace, each.workload, each.replicas).then(
            () => `${named(each)} is put back to ${pods(each.replicas)}`,
            (error: unknown) => `${named(each)} could not be put back: ${answerOf(error)}`,
          ),
        );
      return said.join("\n");
    },
    byHand: all
      .map(
        ({ workload: { kind, name }, replicas }) =>
          `kubectl scale -n ${namespace} ${kind.toLowerCase()}/${name} --replicas=${replicas}`,
      )
      .join(" && "),
  };
}

const pods = (count: number): string => (count === 1 ? "1 pod" : `${count} pods`);

/** KEDA starts what has no pod, where an autoscaler of Kubernetes' own rests. */
async function startedByKeda(
  namespace: string,
  system: string,
  paused: readonly Paused[],
  { kubeConfig }: Scope,
): Promise<string[]> {
  const { items } = await kubeConfig
    .makeApiClient(AutoscalingV2Api)
    .listNamespacedHorizontalPodAutoscaler({ namespace });
  return items.flatMap(({ metadata, spec }) => {
    const owner = metadata?.ownerReferences?.find(({ kind }) => kind === "ScaledObject")?.name;
    const scaled = paused.find(
      ({ workload: { kind, name } }) => spec?.scaleTargetRef.kind === kind && spec.scaleTargetRef.name === name,
    );
    return owner && scaled
      ? [
          `KEDA would start ${scaled.workload.name} of ${system} again: pause it with kubectl annotate -n ${namespace} scaledobject/${owner} autoscaling.keda.sh/paused=true, and take the annotation off afterwards`,
        ]
      : [];
  });
}
