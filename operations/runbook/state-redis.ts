import type { Target } from "../../components/systems/target.ts";
import { askInPod } from "./own-store.ts";
import type { Scope } from "./verb.ts";

/** The Redis of a system that holds state and no cache: `own` where the system runs it. */
export function stateRedis({
  dataStores,
  workloads,
}: Target): { readonly name: string; readonly own: boolean } | undefined {
  const store = dataStores.find(({ kind }) => kind === "redis-state");
  return (
    store && {
      name: store.name,
      own: workloads.some(({ kind, name }) => kind === "StatefulSet" && name === store.name),
    }
  );
}

/**
 * What a command in the Redis' own container says, where `redis-cli` finds the password in its environment. Throws
 * where no pod is Ready, and with its words where it fails.
 */
export async function askRedis(target: Target, scope: Scope, command: readonly string[]): Promise<string> {
  const { succeeded, said, pod } = await askInPod(
    target,
    scope,
    stateRedis(target)!.name,
    "Redis is not Ready",
    command,
  );
  // redis-cli ends with 0 also where the server refused.
  if (!succeeded || /^(?:\(error\) )?(?:ERR|NOAUTH|NOPERM|WRONGPASS|WRONGTYPE|LOADING|READONLY|MISCONF)\b/.test(said))
    throw new Error(`${command[0]} in ${pod}: ${said.split("\n").at(-1)}`);
  return said;
}
