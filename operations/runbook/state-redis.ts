import type { Target } from "../../components/systems/target.ts";
import { isReady, podState } from "./pod-state.ts";
import type { Scope } from "./verb.ts";
import { living } from "./workloads.ts";

/** The Redis of a system that holds state and no cache: `own` where the system runs it. */
export function stateRedis({ dataStores, workloads }: Target): { readonly name: string; readonly own: boolean } | undefined {
  const store = dataStores.find(({ kind }) => kind === "redis-state");
  return store && { name: store.name, own: workloads.some(({ kind, name }) => kind === "StatefulSet" && name === store.name) };
}

/** What a command in the Redis' own container says, where `redis-cli` finds the password in its environment. Throws where no pod is Ready, and with its words where it fails. */
export async function askRedis(target: Target, { kubeConfig, exec }: Scope, command: readonly string[]): Promise<string> {
  const { pods } = await living(kubeConfig, target.namespace, { kind: "StatefulSet", name: stateRedis(target)!.name });
  const pod = pods.find(isReady);
  if (pod === undefined) throw new Error(`Redis is not Ready: ${pods.map(podState).join(", ") || "it has no pod"}`);
  const { succeeded, said } = await exec({ namespace: target.namespace, pod: pod.metadata!.name!, container: pod.spec!.containers[0]!.name }, command);
  // redis-cli ends with 0 also where the server refused.
  if (!succeeded || /^(?:\(error\) )?(?:ERR|NOAUTH|NOPERM|WRONGPASS|WRONGTYPE|LOADING|READONLY|MISCONF)\b/.test(said)) throw new Error(`${command[0]} in ${pod.metadata!.name}: ${said.split("\n").at(-1)}`);
  return said;
}
