import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { UsageError } from "./rules-list.ts";

/** Where a kubeconfig is looked for. */
export interface KubeconfigOptions {
  /** A context's name. @default the kubeconfig's current context */
  readonly context?: string | undefined;
  /** `KUBECONFIG`: one or more files. @default `.kube/config` of the home folder */
  readonly kubeconfig?: string | undefined;
  /**
   * More files: for a context that is named and in none of those, and for who has neither `KUBECONFIG` nor a file of
   * the home folder.
   * @default none
   */
  readonly others?: readonly string[];
  /** @default the user's */
  readonly home?: string;
  /** The folder that relative paths start from. */
  readonly base: string;
}

/**
 * The cluster to read, as kubectl would choose it: of several files the first that says so has the current context.
 * Never guesses: without
 * a file, a current context or a context of the name it throws a {@link UsageError}, and does not try addresses.
 */
export async function loadKubeconfig({
  context,
  kubeconfig,
  others = [],
  base,
  home = homedir(),
}: KubeconfigOptions): Promise<KubeConfig> {
  const named = (kubeconfig ?? "")
    .split(delimiter)
    .filter((file) => file !== "")
    .map((file) => resolve(base, file));
  const own = (named.length > 0 ? named : [join(home, ".kube/config")]).filter((file) => existsSync(file));
  const alsoOthers = context !== undefined || (named.length === 0 && own.length === 0);
  const sources = [own, ...(alsoOthers ? others.filter((file) => existsSync(file)).map((file) => [file]) : [])].filter(
    (files) => files.length > 0,
  );
  if (sources.length === 0)
    throw new UsageError(
      `there is no kubeconfig at ${named.length > 0 ? named.join(", ") : "~/.kube/config"}: name one by KUBECONFIG${alsoOthers && others.length > 0 ? ', or bring a platform up with "npm run up"' : ""}`,
    );
  const configs = await Promise.all(sources.map(merged));
  const config = configs.find((candidate) => candidate.getContextObject(context ?? "") !== null) ?? configs[0]!;
  choose(
    config,
    context,
    sources.flat().join(", "),
    configs.flatMap((each) => (each.contexts ?? []).map(({ name }) => name)),
  );
  return config;
}

async function merged(files: readonly string[]): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node"); // slow to load, and a check of files does without it
  const config = new KubeConfig();
  for (const file of files) {
    const part = new KubeConfig();
    try {
      part.loadFromFile(file);
      config.mergeConfig(part, Boolean(config.currentContext));
    } catch (error) {
      throw new UsageError(`the kubeconfig ${file} cannot be used: ${(error as Error).message}`);
    }
  }
  return config;
}

function choose(config: KubeConfig, context: string | undefined, files: string, names: readonly string[]): void {
  const chosen = context ?? config.currentContext;
  const has = `${files} ${names.length === 0 ? "has no context" : `has ${names.join(", ")}`}`;
  if (!chosen) throw new UsageError(`the kubeconfig has no current context: choose one by --context; ${has}`);
  if (config.getContextObject(chosen) === null) throw new UsageError(`there is no context "${chosen}": ${has}`);
  config.setCurrentContext(chosen);
  if (!config.getCurrentCluster())
    throw new UsageError(`context "${chosen}" names a cluster that ${files} does not have`);
}
