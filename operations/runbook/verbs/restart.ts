import { isDeepStrictEqual } from "node:util";
import { AutoscalingV2Api, CoreV1Api, type V1Pod, type V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import type { Target } from "../../../components/systems/target.ts";
import { choice } from "../../../settings/nearest-name.ts";
import { answerOf, hasStatus, ifThere } from "../../api-answer.ts";
import { UsageError } from "../errors.ts";
import { type Fact, no, yes } from "../fact.ts";
import { brokers, notInSync } from "../kafka-brokers.ts";
import { isReady } from "../pod-state.ts";
import type { ActingVerb, Scope } from "../verb.ts";
import { until } from "../wait.ts";
import { type Living, living, secondsForOnePod, settled, wanted } from "../workloads.ts";

/**
 * Restarts a system in its order, each part Ready before the next (B13, T09). It writes nothing that was declared: pods
 * are evicted one by one.
 */
export const restart: ActingVerb = {
  kind: "disturbs",
  name: "restart",
  summary:
    "Restart a system in its start order, pod by pod, each Ready before the next; it stops at the first that does not come back.",
  names: [
    { form: "[workload...]", description: "only these, in the same order; one that is named may be broken before" },
  ],
  options: [],
  rights: [
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "apps", resource: "statefulsets", verbs: ["get"] },
    { group: "autoscaling", resource: "horizontalpodautoscalers", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["get", "list"] },
    { group: "", resource: "pods/eviction", verbs: ["create"] },
  ],
  more: (target) =>
    brokers(target) === undefined ? [] : [{ group: "", resource: "pods/exec", verbs: ["create", "get"] }],
  examples: ["restart bgc-platform", "restart techbra-ecommerce order-service billing-service"],
  async plan(target, scope, { names }) {
    const { namespace, system } = target;
    const chosen = chosenOf(target, names);
    const reads = await Promise.all(
      chosen.map(async (workload) => ({
        workload,
        before: await ifThere(living(scope.kubeConfig, namespace, workload)),
      })),
    );
    const there = reads.flatMap(({ before }) => (before ? [before] : []));
    const scaling = await autoscalers(scope, namespace);
    const total = there.reduce((sum, { pods }) => sum + pods.length, 0);
    return {
      changes: there.map((before) => ({
        object: `${before.kind} ${before.name}`,
        from: before.pods.length === 1 ? "1 pod" : `${before.pods.length} pods`,
        to: "new pods, one after another, each Ready before the next",
      })),
      problems: [
        ...reads
          .filter(({ before }) => before === undefined)
          .map(
            ({ workload: { kind, name } }) =>
              `${kind} ${name} is not in namespace ${namespace}: bring the stack up with npm run up`,
          ),
        ...there.flatMap((before) => {
          const { ready, detail } = settled(before);
          return ready || names.includes(before.name)
            ? []
            : [`${detail}: restart it alone first, with "runbook restart ${system} ${before.name}"`];
        }),
        ...(await notInSync(target, there, scope)),
      ],
      before: {
        replicas: Object.fromEntries(there.map((before) => [before.name, wanted(before)])),
        autoscalers: Object.fromEntries(scaling.map((each) => [each.metadata!.name!, rangeOf(each)])),
      },
      steps: there.map((before) => ({
        name: `restart ${before.kind} ${before.name}`,
        run: (within) => restarted(target, before, within),
      })),
      prove: async () => {
        await Promise.all(target.workloads.map((workload) => allReady(namespace, workload, scope)));
        const after = await Promise.all(there.map((before) => living(scope.kubeConfig, namespace, before)));
        const now = await autoscalers(scope, namespace);
        return [
          ...there.flatMap((before, index) => proofs(before, after[index]!, scaling)),
          ...scaling.map((each) => sameRange(each, now)),
        ];
      },
      goOn: `what was restarted is new, the rest was not touched, and of ${total} pods none is missing for good: their controllers make them again. See what holds it up: runbook status ${system}`,
    };
  },
};

function chosenOf({ system, workloads }: Target, names: readonly string[]): Target["workloads"] {
  const known = workloads.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`${system} has no workload "${unknown}"; ${choice(unknown, known)}`);
  return workloads.filter(({ name }) => names.length === 0 || names.includes(name));
}

/**
 * Broken pods go first, so that those that serve stay until others do. A broken one whose turn is still to come is not
 * waited for.
 */
async function restarted(target: Target, before: Living, scope: Scope): Promise<string> {
  const broken = before.pods.filter((pod) => !isReady(pod));
  const waiting = new Set(broken.map(({ metadata }) => metadata?.uid));
  for (const pod of [...broken, ...before.pods.filter(isReady)]) {
    const { name = "", uid = "" } = pod.metadata ?? {};
    waiting.delete(uid);
    await inSync(target, before, scope);
    await evicted(target.namespace, pod, scope);
    await until(
      { what: `${before.kind} ${before.name} to be Ready without ${name}`, seconds: secondsForOnePod(before) },
      scope,
      async () => {
        const now = await living(scope.kubeConfig, target.namespace, before);
        const { ready, detail } = settled(now, waiting);
        const gone = now.pods.every((other) => other.metadata?.uid !== uid);
        return { done: ready && gone, state: gone ? detail : `${name} ends` };
      },
    );
  }
  return `${before.pods.length === 1 ? "1 pod" : `${before.pods.length} pods`} replaced`;
}

/** A broker that came back catches up with what was written meanwhile, before the next one may go (T09). */
async function inSync(target: Target, before: Living, scope: Scope): Promise<void> {
  if (before.name !== brokers(target)) return;
  await until({ what: "Kafka's brokers to be in sync", seconds: secondsForOnePod(before) }, scope, async () => {
    const behind = await notInSync(target, [await living(scope.kubeConfig, target.namespace, before)], scope);
    return { done: behind.length === 0, state: behind.join("; ") || "all brokers are in sync" };
  });
}

/** Asks the API server to end a pod, which its disruption budget may put off. */
async function evicted(namespace: string, { metadata, spec }: V1Pod, scope: Scope): Promise<void> {
  const { name = "", uid } = metadata ?? {};
  const core = scope.kubeConfig.makeApiClient(CoreV1Api);
  await until(
    { what: `the disruption budget to let ${name} go`, seconds: 300 + (spec?.terminationGracePeriodSeconds ?? 30) },
    scope,
    async () => {
      try {
        await core.createNamespacedPodEviction({
          namespace,
          name,
          body: {
            apiVersion: "policy/v1",
            kind: "Eviction",
            metadata: { name, namespace },
            deleteOptions: { preconditions: { ...(uid && { uid }) } },
          },
        });
        return { done: true, state: `${name} is asked to end` };
      } catch (error) {
        if (hasStatus(error, 404, 409)) return { done: true, state: `${name} is gone already` };
        if (hasStatus(error, 429)) return { done: false, state: `${name} may not end yet: ${answerOf(error)}` };
        throw error;
      }
    },
  );
}

async function allReady(namespace: string, workload: Target["workloads"][number], scope: Scope): Promise<void> {
  const first = await living(scope.kubeConfig, namespace, workload);
  if (settled(first).ready) return;
  await until(
    { what: `${workload.kind} ${workload.name} to be Ready`, seconds: secondsForOnePod(first) },
    scope,
    async () => {
      const { ready, detail } = settled(await living(scope.kubeConfig, namespace, workload));
      return { done: ready, state: detail };
    },
  );
}

function proofs(before: Living, after: Living, scaling: readonly V2HorizontalPodAutoscaler[]): Fact[] {
  const about = `${before.kind} ${before.name}`;
  const old = new Set(before.pods.map(({ metadata }) => metadata?.uid));
  const left = after.pods.filter(({ metadata }) => old.has(metadata?.uid)).map(({ metadata }) => metadata?.name);
  const { ready, detail } = settled(after);
  const scaled = scaling.some(
    ({ spec }) => spec?.scaleTargetRef.kind === before.kind && spec.scaleTargetRef.name === before.name,
  );
  const declared = ({ controller: { spec } }: Living) => ({ ...spec, ...(scaled && { replicas: undefined }) });
  return [
    left.length > 0
      ? no(about, `${left.join(", ")} was not replaced`)
      : (ready ? yes : no)(about, `${detail.replace(`${about}: `, "")}, none of them from before`),
    isDeepStrictEqual(declared(before), declared(after))
      ? yes(
          `${about} as declared`,
          `${scaled ? "its form is" : "its form and its number of replicas are"} as before: an update has nothing to change`,
        )
      : no(`${about} as declared`, "somebody changed it while it was restarted"),
  ];
}

async function autoscalers({ kubeConfig }: Scope, namespace: string): Promise<V2HorizontalPodAutoscaler[]> {
  return (await kubeConfig.makeApiClient(AutoscalingV2Api).listNamespacedHorizontalPodAutoscaler({ namespace })).items;
}

const rangeOf = ({ spec }: V2HorizontalPodAutoscaler): string => `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas}`;

function sameRange(before: V2HorizontalPodAutoscaler, now: readonly V2HorizontalPodAutoscaler[]): Fact {
  const name = before.metadata!.name!;
  const after = now.find(({ metadata }) => metadata?.name === name);
  return (after && rangeOf(after) === rangeOf(before) ? yes : no)(
    `autoscaler ${name}`,
    after ? `${rangeOf(after)} pods` : "it is gone",
  );
}
