import type { Target } from "../../components/systems/target.ts";
import { measured, notMeasured } from "./fact.ts";
import { isReady, podState } from "./pod-state.ts";
import type { Report, Right, Scope } from "./verb.ts";
import { living } from "./workloads.ts";

/** What asking a store in one of its own pods needs. */
export const rightsOfAsking: readonly Right[] = [
  { group: "apps", resource: "statefulsets", verbs: ["get"] },
  { group: "", resource: "pods", verbs: ["list"] },
  { group: "", resource: "pods/exec", verbs: ["create", "get"] },
];

/**
 * What a command says in a Ready pod of a StatefulSet. Throws with `unready` and the state of its pods where none is
 * Ready.
 */
export async function askInPod(
  { namespace }: Target,
  { kubeConfig, exec }: Scope,
  name: string,
  unready: string,
  command: readonly string[],
): Promise<{ readonly succeeded: boolean; readonly said: string; readonly pod: string }> {
  const { pods } = await living(kubeConfig, namespace, { kind: "StatefulSet", name });
  const ready = pods.find(isReady);
  if (ready === undefined) throw new Error(`${unready}: ${pods.map(podState).join(", ") || "it has no pod"}`);
  const pod = ready.metadata!.name!;
  return { ...(await exec({ namespace, pod, container: ready.spec!.containers[0]!.name }, command)), pod };
}

/**
 * What `look` reports of a store that is asked in its own pods; the reason where it cannot be, and nothing where the
 * system has no such store.
 */
export async function reportOfStore(
  store: { readonly own: boolean } | undefined,
  about: string,
  foreign: string,
  { simulated }: Scope,
  look: () => Promise<Report>,
): Promise<Report> {
  if (store === undefined) return { facts: [] };
  if (!store.own) return { facts: [notMeasured(about, foreign)] };
  if (simulated) return { facts: [notMeasured(about, "the node is simulated: no container runs there")] };
  let report: Report = { facts: [] };
  const facts = await measured(about, async () => (report = await look()).facts);
  return { ...report, facts };
}
