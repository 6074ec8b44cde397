import { existsSync } from "node:fs";
import type { KubeConfig } from "@kubernetes/client-node";
import { askCluster } from "../../cluster/identity.ts";
import { contextNames, kubeconfigFiles, onlyContext, readKubeconfig, serverOf } from "../../settings/kubeconfigs.ts";
import { files } from "../../cluster/local/settings.ts";
import { theCluster } from "./binding.ts";
import { recordedStacks, stackKubeconfig } from "./cluster-record.ts";
import { Refusal } from "./refusals.ts";
import { situationOf } from "./stack-cluster.ts";
import { stackConfiguration } from "./stack-configuration.ts";

/** No cluster was named, or one that no kubeconfig knows. */
export class UnknownContext extends Error {
  override readonly name = "UnknownContext";
}

/** The named cluster does not answer. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** Kubeconfigs that `npm run up` and `npm run cluster` wrote. */
export const ownKubeconfigs = (): string[] =>
  [...recordedStacks().map(stackKubeconfig), files.kubeconfig].filter((file) => existsSync(file));

/**
 * The connection to a context of the user's kubeconfig (`kubeconfig` is the value of `KUBECONFIG`) or of this project's
 * own; without a name, to the
 * cluster that the stack was brought up on, and before its first update to the one that its file names. A cluster is
 * never guessed. Throws
 * {@link UnknownContext}, a `Refusal` where another cluster answers than the recorded one, and {@link Unreachable} when
 * none answers within 10 s.
 */
export async function connect(
  context: string | undefined,
  stack: string,
  kubeconfig: string | undefined,
): Promise<KubeConfig> {
  if (context !== undefined) return client(await answering(context, kubeconfig));
  const named = stackConfiguration(stack)["production-platform:context"] || undefined;
  const situation = await situationOf(stack, { named, kubeconfig });
  if (situation.bound === undefined && named !== undefined) return client(await answering(named, kubeconfig));
  if (situation.bound === undefined) {
    throw new UnknownContext(
      `stack ${stack} was not brought up from here, so there is no cluster to take: run "npm run up -- --stack ${stack}", or name a context of your kubeconfig with --context`,
    );
  }
  try {
    return client(theCluster(situation).kubeconfig);
  } catch (error) {
    if (error instanceof Refusal && situation.offers.every(({ uid }) => uid === undefined))
      throw new Unreachable(error.message);
    throw error;
  }
}

/** A named context whose API server answers, as a kubeconfig of its own. */
async function answering(context: string, kubeconfig: string | undefined): Promise<Record<string, unknown>> {
  const known = [kubeconfigFiles(kubeconfig), ...ownKubeconfigs().map((file) => [file])].map(readKubeconfig);
  const found = known.map((each) => onlyContext(each, context)).find((only) => only !== undefined);
  if (found === undefined) {
    const names = new Set(known.flatMap(contextNames));
    throw new UnknownContext(
      `there is no context "${context}"; the kubeconfigs have: ${[...names].join(", ") || "none"}`,
    );
  }
  const answer = await askCluster(found);
  if ("problem" in answer && !answer.reached)
    throw new Unreachable(
      `the API server of context "${context}" (${serverOf(found)}) does not answer: ${answer.problem}. Start it, or name another with --context`,
    );
  return found;
}

/** Loaded here: who only needs to know the errors does not wait for the client. */
async function client(only: Record<string, unknown>): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(JSON.stringify(only));
  return kubeConfig;
}
