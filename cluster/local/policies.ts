import { join } from "node:path";
import type { Print } from "../progress.ts";
import { readText } from "../read-text.ts";
import { processes, until } from "./node.ts";
import { placeRules, queues, rulesArePlaced, whyNoQueue } from "./packet-rules.ts";
import { addresses, files, nodeName } from "./settings.ts";

/** The process that says which connections the NetworkPolicies allow. */
export const policyProcess = "network-policies";

/**
 * Enforces NetworkPolicies, and goes on where they are enforced already. With `youngSeconds` what pods send in their
 * first seconds is refused, as on
 * clusters whose network learns of a pod after it has started (k3s). Where the kernel cannot do it, one line says so
 * and policies stay words.
 */
export async function enforcePolicies(bin: string, print: Print, youngSeconds = 0): Promise<void> {
  const obstacle = await whyNoQueue();
  if (obstacle !== undefined) return print(`network policies are NOT enforced: ${obstacle}`);
  const program = join(bin, policyProcess);
  const args = [
    "-kubeconfig",
    files.kubeconfig,
    "-node",
    nodeName,
    "-node-ip",
    addresses.node,
    "-pods",
    addresses.pods,
    "-queue",
    String(queues.first),
    ...(youngSeconds > 0
      ? [
          "-young-queue",
          String(queues.young),
          "-young",
          `${youngSeconds}s`,
          "-addresses",
          join(files.cni, "data", "platform"),
        ]
      : []),
  ];
  if (processes.isRunning(policyProcess) && commandLine() !== [program, ...args].join(" "))
    await processes.stop(policyProcess);
  processes.start(policyProcess, program, args);
  await until(policyProcess, async () => processes.isRunning(policyProcess) && listens());
  await placeRules(youngSeconds > 0);
}

const commandLine = (): string =>
  readText(`/proc/${processes.record(policyProcess)?.pid}/cmdline`)
    .split("\0")
    .slice(0, -1)
    .join(" ");

/** Whether a process listens on the queue, by the kernel's own list. */
const listens = (): boolean =>
  readText("/proc/net/netfilter/nfnetlink_queue")
    .split("\n")
    .some((line) => Number(line.trim().split(/\s+/)[0]) === queues.first);

/** Whether NetworkPolicies are enforced now, and what to do where they are not. */
export async function policyStatus(): Promise<{
  readonly enforced: boolean;
  readonly possible: boolean;
  readonly detail: string;
}> {
  if (processes.isRunning(policyProcess) && listens() && (await rulesArePlaced()))
    return { enforced: true, possible: true, detail: `enforced by process ${processes.record(policyProcess)?.pid}` };
  const obstacle = await whyNoQueue();
  if (obstacle !== undefined) return { enforced: false, possible: false, detail: `not enforced: ${obstacle}` };
  const reason = processes.isRunning(policyProcess)
    ? "its packet rules or its queue are missing"
    : `${policyProcess} does not run: ${join(files.processes, `${policyProcess}.log`)}`;
  return { enforced: false, possible: true, detail: `not enforced, ${reason}. Next: npm run cluster -- up` };
}
