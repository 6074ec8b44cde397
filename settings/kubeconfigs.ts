import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";

/** A named entry of a kubeconfig, with all its fields. */
interface Entry {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** One or more kubeconfigs, read as kubectl reads them: of two entries of one name the first counts. */
export interface Kubeconfig {
  /** The files that exist, in their order. */
  readonly files: readonly string[];
  readonly "current-context"?: string;
  readonly contexts: readonly Entry[];
  readonly clusters: readonly Entry[];
  readonly users: readonly Entry[];
}

/** The files that `KUBECONFIG` names, or the one of the home folder. */
export const kubeconfigFiles = (variable = process.env["KUBECONFIG"]): string[] =>
  (variable || join(homedir(), ".kube", "config")).split(delimiter).filter(Boolean);

/** Reads the files that exist. Throws where one is no kubeconfig, and names it. */
export function readKubeconfig(files: readonly string[]): Kubeconfig {
  const present = files.filter((file) => existsSync(file));
  const parts = present.map(readFile);
  const all = (key: "contexts" | "clusters" | "users") =>
    parts
      .flatMap((part) => part[key] ?? [])
      .filter(({ name }, index, entries) => entries.findIndex((other) => other.name === name) === index);
  const current = parts.map((part) => part["current-context"]).find(Boolean);
  return {
    files: present,
    ...(current && { "current-context": current }),
    contexts: all("contexts"),
    clusters: all("clusters"),
    users: all("users"),
  };
}

/** Names of all contexts. */
export const contextNames = ({ contexts }: Kubeconfig): string[] => contexts.map(({ name }) => name);

/**
 * A kubeconfig of one context, its cluster and its user alone; `undefined` where there is no such context or it names a
 * cluster that is not there.
 */
export function onlyContext(kubeconfig: Kubeconfig, name: string): Record<string, unknown> | undefined {
  const context = kubeconfig.contexts.find((entry) => entry.name === name);
  const { cluster, user } = (context?.["context"] ?? {}) as { cluster?: string; user?: string };
  const clusters = kubeconfig.clusters.filter((entry) => entry.name === cluster);
  if (context === undefined || clusters.length === 0) return undefined;
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [context],
    clusters,
    users: kubeconfig.users.filter((entry) => entry.name === user),
  };
}

/** The address of the API server of a kubeconfig that {@link onlyContext} made. */
export const serverOf = (only: Record<string, unknown>): string =>
  (only["clusters"] as { cluster?: { server?: string } }[])[0]?.cluster?.server ?? "";

function readFile(file: string): Partial<Kubeconfig> {
  try {
    const content: unknown = parse(readFileSync(file, "utf8")) ?? {};
    if (typeof content !== "object" || content === null) throw new Error("it holds no object");
    return withWholePaths(content, dirname(resolve(file)));
  } catch (error) {
    throw new Error(`the kubeconfig ${file} cannot be used: ${(error as Error).message}`);
  }
}

/**
 * Fields that hold a path. A relative one starts from the folder of its file, and is lost where the entry is copied
 * elsewhere.
 */
const pathFields = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

function withWholePaths(kubeconfig: Partial<Kubeconfig>, folder: string): Partial<Kubeconfig> {
  const whole = (value: object) =>
    Object.fromEntries(
      Object.entries(value).map(([key, path]) => {
        if (pathFields.includes(key) && typeof path === "string" && path !== "") return [key, resolve(folder, path)];
        const command = key === "exec" ? (path as { command?: string } | null)?.command : undefined;
        // As for kubectl, a command without a separator is looked for on PATH.
        return [key, command?.includes("/") ? { ...(path as object), command: resolve(folder, command) } : path];
      }),
    );
  const entries = (list: readonly Entry[] | undefined, kind: "cluster" | "user") =>
    (list ?? []).map((entry) => ({ ...entry, [kind]: whole((entry[kind] ?? {}) as object) }));
  return { ...kubeconfig, clusters: entries(kubeconfig.clusters, "cluster"), users: entries(kubeconfig.users, "user") };
}
