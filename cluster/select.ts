import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { startLocalCluster } from "./local/cluster.ts";
import { contextName, files } from "./local/settings.ts";
import type { Print } from "./progress.ts";
import { run, succeeds } from "./shell.ts";

export interface ChosenCluster {
  readonly kind: "named" | "k3d" | "kind" | "local" | "local-simulated";
  readonly context: string;
  /** The file that holds the context. */
  readonly kubeconfig: string;
  readonly reason: string;
}

/** How the machine looks: what a choice is made from. */
export interface Machine {
  readonly kubeconfig: string | undefined;
  readonly contexts: readonly string[];
  readonly current: string | undefined;
  readonly answers: (context: string) => Promise<boolean>;
  /** The first of k3d and kind that is installed beside an answering Docker engine. */
  readonly creator: () => Promise<"k3d" | "kind" | undefined>;
}

export type Choice =
  | { readonly use: string; readonly kind: "named" | "k3d" | "kind"; readonly reason: string }
  | { readonly create: "k3d" | "kind" | "local"; readonly reason: string };

const kindOf = (context: string): "k3d" | "kind" | undefined => (context.startsWith("k3d-") ? "k3d" : context.startsWith("kind-") ? "kind" : undefined);

/**
 * Chooses a cluster: the one the stack names; a running k3d or kind cluster, the current context first; one made by k3d
 * or kind where Docker answers; the local one. A context of any other kind is never taken unasked.
 */
export async function choose(named: string | undefined, machine: Machine): Promise<Choice> {
  if (named !== undefined) {
    if (named === contextName) return { create: "local", reason: "the stack's configuration names the local cluster" };
    if (!machine.contexts.includes(named)) throw new Error(`the stack names the context "${named}", and the kubeconfig ${machine.kubeconfig ?? "(there is none)"} has only: ${machine.contexts.join(", ") || "none"}`);
    if (!await machine.answers(named)) throw new Error(`the stack names the context "${named}", and its API server does not answer: start the cluster, or name another with "pulumi config set context NAME"`);
    return { use: named, kind: "named", reason: "the stack's configuration names it" };
  }
  const local = machine.contexts.filter((context) => kindOf(context)).sort((a, b) => Number(b === machine.current) - Number(a === machine.current));
  for (const context of local) {
    if (await machine.answers(context)) return { use: context, kind: kindOf(context)!, reason: "it is a running local cluster of yours" };
  }
  const passed = machine.current && !kindOf(machine.current) ? ` The current context "${machine.current}" is not touched: name it with "pulumi config set context ${machine.current}" if it is meant.` : "";
  const creator = await machine.creator();
  if (creator) return { create: creator, reason: `Docker answers and ${creator} is installed.${passed}` };
  return { create: "local", reason: `there is no k3d or kind cluster, and no Docker engine to make one with.${passed}` };
}

async function thisMachine(): Promise<Machine> {
  const { KubeConfig, VersionApi } = await import("@kubernetes/client-node"); // slow to load, and a choice among given contexts does without it
  const paths = (process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config")).split(delimiter).filter((file) => file && existsSync(file));
  const kubeConfig = new KubeConfig();
  const kubeconfig = paths[0];
  if (kubeconfig) kubeConfig.loadFromFile(kubeconfig);
  return {
    kubeconfig,
    contexts: kubeConfig.getContexts().map(({ name }) => name),
    current: kubeConfig.getCurrentContext() || undefined,
    answers: async (context) => {
      kubeConfig.setCurrentContext(context);
      return kubeConfig.makeApiClient(VersionApi).getCode({ signal: AbortSignal.timeout(5000) }).then(() => true, () => false);
    },
    creator: async () => {
      if (!await succeeds("docker", ["version", "--format", "{{.Server.Version}}"])) return undefined;
      if (await succeeds("k3d", ["version"])) return "k3d";
      return await succeeds("kind", ["version"]) ? "kind" : undefined;
    },
  };
}

/** Chooses a cluster and makes sure that it runs. Says which one it is, and why. */
export async function chooseCluster({ context, print = console.log }: { readonly context?: string; readonly print?: Print }): Promise<ChosenCluster> {
  const machine = await thisMachine();
  const choice = await choose(context, machine);
  if ("use" in choice) {
    print(`using the context ${choice.use}: ${choice.reason}`);
    return { kind: choice.kind, context: choice.use, kubeconfig: machine.kubeconfig!, reason: choice.reason };
  }
  print(`using ${choice.create === "local" ? "the local cluster" : `a new ${choice.create} cluster "platform"`}: ${choice.reason}`);
  if (choice.create === "local") {
    const { real } = await startLocalCluster(print);
    return { kind: real ? "local" : "local-simulated", context: contextName, kubeconfig: files.kubeconfig, reason: choice.reason };
  }
  await run(choice.create, choice.create === "k3d" ? ["cluster", "create", "platform", "--wait"] : ["create", "cluster", "--name", "platform", "--wait", "120s"]);
  return { kind: choice.create, context: `${choice.create}-platform`, kubeconfig: (await thisMachine()).kubeconfig!, reason: choice.reason };
}
