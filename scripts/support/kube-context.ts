import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { files } from "../../cluster/local/settings.ts";
import { stateFolder } from "./checkout.ts";

/** No cluster was named, or one that no kubeconfig knows. */
export class UnknownContext extends Error {
  override readonly name = "UnknownContext";
}

/** The named cluster does not answer. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** What `npm run up` wrote: the cluster that the stack is on. */
const ofStack = join(stateFolder, "kubeconfig");

/**
 * The connection to a context of the user's kubeconfig (`kubeconfig` is the value of `KUBECONFIG`) or of this project's own; without a name, to
 * the cluster that `npm run up` brought the stack up on. A cluster is never guessed. Throws {@link UnknownContext}, and {@link Unreachable} when it does not answer within 5 s.
 */
export async function connect(context: string | undefined, kubeconfig: string | undefined): Promise<KubeConfig> {
  // Loaded here: who only needs to know the errors does not wait for the client.
  const { KubeConfig, VersionApi } = await import("@kubernetes/client-node");
  const loaded = (file: string) => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(file);
    return kubeConfig;
  };
  const kubeConfig = context === undefined ? loaded(theStacks()) : named(context, kubeconfig, loaded);
  try {
    await kubeConfig.makeApiClient(VersionApi).getCode({ signal: AbortSignal.timeout(5000) });
  } catch (error) {
    const { message, cause } = error as Error; // a failed connection has its reason below
    const reason = (cause instanceof Error ? cause.message : message).split("\n")[0];
    const server = `the API server of context "${kubeConfig.getCurrentContext()}" (${kubeConfig.getCurrentCluster()?.server})`;
    throw new Unreachable(`${server} does not answer: ${reason}. Start it, or name another with --context`);
  }
  return kubeConfig;
}

function theStacks(): string {
  if (!existsSync(ofStack)) {
    throw new UnknownContext('no stack was brought up from here, so there is no cluster to take: run "npm run up", or name a context of your kubeconfig with --context');
  }
  return ofStack;
}

function named(context: string, kubeconfig: string | undefined, loaded: (file: string) => KubeConfig): KubeConfig {
  const users = (kubeconfig ?? join(homedir(), ".kube", "config")).split(delimiter);
  const known = [...users, ofStack, files.kubeconfig].filter((file) => file && existsSync(file)).map(loaded);
  const found = known.find((kubeConfig) => kubeConfig.getContextObject(context) !== null);
  if (found === undefined) {
    const names = new Set(known.flatMap((kubeConfig) => kubeConfig.getContexts().map(({ name }) => name)));
    throw new UnknownContext(`there is no context "${context}"; the kubeconfigs have: ${[...names].join(", ") || "none"}`);
  }
  found.setCurrentContext(context);
  return found;
}
