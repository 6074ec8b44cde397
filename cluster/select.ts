import { delimiter } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askCluster } from "./identity.ts";
import { contextNames, kubeconfigFiles, onlyContext, readKubeconfig } from "../settings/kubeconfigs.ts";
import { startLocalCluster } from "./local/cluster.ts";
import { contextName, files } from "./local/settings.ts";
import type { Print } from "./progress.ts";
import { run, succeeds } from "./shell.ts";

export interface ChosenCluster {
  readonly kind: "named" | "k3d" | "kind" | "local" | "local-simulated";
  readonly context: string;
  /** The files that hold the context, as a value of `KUBECONFIG`. */
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
  /** Whether this creator's cluster "platform" is there, running or not. */
  readonly made: (creator: "k3d" | "kind") => Promise<boolean>;
}

export type Choice =
  | { readonly use: string; readonly kind: "named" | "k3d" | "kind"; readonly reason: string }
  | { readonly start: "k3d" | "kind"; readonly reason: string }
  | { readonly create: "k3d" | "kind" | "local"; readonly reason: string };

/** What an own cluster is called where k3d or kind makes it. */
const ownName = "platform";

export const kindOf = (context: string): "k3d" | "kind" | undefined =>
  context.startsWith("k3d-") ? "k3d" : context.startsWith("kind-") ? "kind" : undefined;

/**
 * Chooses a cluster: the one the stack names; a running k3d or kind cluster, the current context first; where Docker
 * answers, the one that k3d
 * or kind made before, or a new one; the local one. A context of any other kind is never taken unasked.
 */
export async function choose(named: string | undefined, machine: Machine): Promise<Choice> {
  if (named !== undefined) {
    if (named === contextName) return { create: "local", reason: "the stack's configuration names the local cluster" };
    if (!machine.contexts.includes(named))
      throw new Error(
        `the stack names the context "${named}", and the kubeconfig ${machine.kubeconfig ?? "(there is none)"} has only: ${machine.contexts.join(", ") || "none"}`,
      );
    if (!(await machine.answers(named)))
      throw new Error(
        `the stack names the context "${named}", and its API server does not answer: start the cluster, or name another with "pulumi config set context NAME"`,
      );
    return { use: named, kind: "named", reason: "the stack's configuration names it" };
  }
  const local = machine.contexts
    .filter((context) => kindOf(context))
    .sort((a, b) => Number(b === machine.current) - Number(a === machine.current));
  for (const context of local) {
    if (await machine.answers(context))
      return { use: context, kind: kindOf(context)!, reason: "it is a running local cluster of yours" };
  }
  const passed =
    machine.current && !kindOf(machine.current)
      ? ` The current context "${machine.current}" is not touched: name it with "pulumi config set context ${machine.current}" if it is meant.`
      : "";
  const creator = await machine.creator();
  if (creator && (await machine.made(creator)))
    return { start: creator, reason: `the ${creator} cluster "${ownName}" is there and does not answer.${passed}` };
  if (creator) return { create: creator, reason: `Docker answers and ${creator} is installed.${passed}` };
  return {
    create: "local",
    reason: `there is no k3d or kind cluster, and no Docker engine to make one with.${passed}`,
  };
}

function thisMachine(): Machine {
  const kubeconfig = readKubeconfig(kubeconfigFiles());
  return {
    kubeconfig: kubeconfig.files.join(delimiter) || undefined,
    contexts: contextNames(kubeconfig),
    current: kubeconfig["current-context"],
    answers: async (context) => {
      const only = onlyContext(kubeconfig, context);
      const answer = only && (await askCluster(only));
      return answer !== undefined && ("uid" in answer || answer.reached);
    },
    creator: async () => {
      // An engine that is set up and gone, such as one on another machine, may never answer.
      if (!(await succeeds("docker", ["version", "--format", "{{.Server.Version}}"], { limit: 10 }))) return undefined;
      if (await succeeds("k3d", ["version"])) return "k3d";
      return (await succeeds("kind", ["version"])) ? "kind" : undefined;
    },
    made: (creator) => isMade(creator, ownName),
  };
}

/** Whether k3d or kind has a cluster of this name, running or not. */
async function isMade(creator: "k3d" | "kind", name: string): Promise<boolean> {
  if (creator === "kind") return (await run("kind", ["get", "clusters"])).split("\n").includes(name);
  return (JSON.parse(await run("k3d", ["cluster", "list", "--output", "json"])) as { name: string }[]).some(
    (cluster) => cluster.name === name,
  );
}

/**
 * Starts a k3d or kind cluster again that was stopped, by the name of its context. Returns whether there is one of this
 * name. Throws when it does not answer within a minute.
 */
export async function startAgain(context: string, print: Print): Promise<boolean> {
  const kind = kindOf(context);
  const name = context.replace(/^(k3d|kind)-/, "");
  if (kind === undefined || !(await isMade(kind, name).catch(() => false))) return false;
  print(`starting the ${kind} cluster "${name}" again`);
  if (kind === "k3d") await run("k3d", ["cluster", "start", name]);
  else await run("docker", ["start", ...(await run("kind", ["get", "nodes", "--name", name])).trim().split("\n")]);
  // Its context may have been lost; both tools write it to the user's kubeconfig, as they do for a new cluster.
  if (!thisMachine().contexts.includes(context))
    await run(
      kind,
      kind === "k3d"
        ? ["kubeconfig", "merge", name, "--kubeconfig-merge-default"]
        : ["export", "kubeconfig", "--name", name],
    );
  for (let tries = 0; tries < 60; tries += 1, await sleep(1000)) if (await thisMachine().answers(context)) return true;
  throw new Error(`the ${kind} cluster "${name}" was started, and its API server does not answer after a minute`);
}

/**
 * Chooses a cluster and makes sure that it runs. Says which one it is, and why. `beforeLocal` is called before the
 * local cluster is started,
 * and may refuse it.
 */
export async function chooseCluster({
  context,
  print = console.log,
  beforeLocal = () => {},
}: {
  readonly context?: string;
  readonly print?: Print;
  readonly beforeLocal?: () => void;
}): Promise<ChosenCluster> {
  const machine = thisMachine();
  const choice = await choose(context, machine);
  if ("use" in choice) {
    print(`using the context ${choice.use}: ${choice.reason}`);
    return { kind: choice.kind, context: choice.use, kubeconfig: machine.kubeconfig!, reason: choice.reason };
  }
  if ("start" in choice) {
    print(`using the ${choice.start} cluster "${ownName}": ${choice.reason}`);
    await startAgain(`${choice.start}-${ownName}`, print);
    return {
      kind: choice.start,
      context: `${choice.start}-${ownName}`,
      kubeconfig: thisMachine().kubeconfig!,
      reason: choice.reason,
    };
  }
  print(
    `using ${choice.create === "local" ? "the local cluster" : `a new ${choice.create} cluster "${ownName}"`}: ${choice.reason}`,
  );
  if (choice.create === "local") {
    beforeLocal();
    const { real } = await startLocalCluster(print);
    return {
      kind: real ? "local" : "local-simulated",
      context: contextName,
      kubeconfig: files.kubeconfig,
      reason: choice.reason,
    };
  }
  await run(
    choice.create,
    choice.create === "k3d"
      ? ["cluster", "create", ownName, "--wait"]
      : ["create", "cluster", "--name", ownName, "--wait", "120s"],
  );
  return {
    kind: choice.create,
    context: `${choice.create}-${ownName}`,
    kubeconfig: thisMachine().kubeconfig!,
    reason: choice.reason,
  };
}
