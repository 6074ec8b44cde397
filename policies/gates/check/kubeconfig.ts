import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { contextNames, type Kubeconfig, onlyContext, readKubeconfig } from "../../../settings/kubeconfigs.ts";
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
  const own = read(named.length > 0 ? named : [join(home, ".kube/config")]);
  const alsoOthers = context !== undefined || (named.length === 0 && own.files.length === 0);
  const sources = [own, ...(alsoOthers ? others.map((file) => read([file])) : [])].filter(
    ({ files }) => files.length > 0,
  );
  const source = sources.find((each) => contextNames(each).includes(context ?? "")) ?? sources[0];
  if (source === undefined)
    throw new UsageError(
      `there is no kubeconfig at ${named.length > 0 ? named.join(", ") : "~/.kube/config"}: name one by KUBECONFIG${alsoOthers && others.length > 0 ? ', or bring a platform up with "npm run up"' : ""}`,
    );
  const { KubeConfig } = await import("@kubernetes/client-node"); // slow to load, and a check of files does without it
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify(chosen(source, context, sources)));
  return config;
}

function read(files: readonly string[]): Kubeconfig {
  try {
    return readKubeconfig(files);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The kubeconfig of the context alone. */
function chosen(source: Kubeconfig, context: string | undefined, sources: readonly Kubeconfig[]): object {
  const name = context ?? source["current-context"];
  const files = sources.flatMap((each) => each.files).join(", ");
  const names = sources.flatMap(contextNames);
  const has = `${files} ${names.length === 0 ? "has no context" : `has ${names.join(", ")}`}`;
  if (!name) throw new UsageError(`the kubeconfig has no current context: choose one by --context; ${has}`);
  if (!contextNames(source).includes(name)) throw new UsageError(`there is no context "${name}": ${has}`);
  const only = onlyContext(source, name);
  if (only === undefined) throw new UsageError(`context "${name}" names a cluster that ${files} does not have`);
  return only;
}
