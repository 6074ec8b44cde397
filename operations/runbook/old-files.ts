import type { Target } from "../../components/systems/target.ts";
import { isReady, podState } from "./pod-state.ts";
import type { Scope } from "./verb.ts";
import { living } from "./workloads.ts";

/** The program that has EDI's shared volume, and where its imported files stay (E15). */
const keeper = { kind: "Deployment", name: "bots-webserver" } as const;
const folder = "/home/bots/.bots/botssys/data";

/** Files that were imported long ago. */
export interface OldFiles {
  readonly count: number;
  readonly bytes: number;
}

/** Whether a system keeps imported files. */
export const keepsFiles = ({ workloads }: Target): boolean => workloads.some(({ name }) => name === keeper.name);

const find = (days: number): string[] => ["find", folder, "-type", "f", "-name", "*.old", "-mtime", `+${days}`];

/** Those older than so many days. Throws where no pod of the program is Ready, and with the words of `find`. */
export async function oldFiles(target: Target, days: number, scope: Scope): Promise<OldFiles> {
  const sizes = (await inKeeper(target, scope, [...find(days), "-printf", "%s\\n"])).split("\n").filter(Boolean);
  return { count: sizes.length, bytes: sizes.reduce((sum, size) => sum + Number(size), 0) };
}

export async function removeOldFiles(target: Target, days: number, scope: Scope): Promise<void> {
  await inKeeper(target, scope, [...find(days), "-delete"]);
}

async function inKeeper({ namespace }: Target, { kubeConfig, exec }: Scope, command: string[]): Promise<string> {
  const { pods } = await living(kubeConfig, namespace, keeper);
  const ready = pods.find(isReady);
  if (ready === undefined)
    throw new Error(`${keeper.name} is not Ready: ${pods.map(podState).join(", ") || "it has no pod"}`);
  const place = { namespace, pod: ready.metadata!.name!, container: ready.spec!.containers[0]!.name };
  const { succeeded, said } = await exec(place, command);
  if (!succeeded) throw new Error(`find in ${place.pod}: ${said.split("\n").at(-1)}`);
  return said;
}
