import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { stateFolder } from "./checkout.ts";

/** What the engine's record of a stack says. */
export interface EngineRecord {
  /**
   * All that may exist, as kind and name, without the stack itself: also what was being made when an update was killed.
   */
  readonly resources: readonly string[];
  /** The cluster that the resources are on. An update of an older version of this project recorded no identity. */
  readonly cluster?: { readonly context: string; readonly uid?: string };
  /**
   * The kubeconfig of the last update: without the program, as in a destroy, the provider reads this file, whatever
   * `KUBECONFIG` says.
   */
  readonly kubeconfig?: string;
}

interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  /** Set of an old version that is replaced and not removed yet. */
  readonly delete?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>> & {
    readonly output?: { readonly context?: unknown; readonly uid?: unknown };
  };
}

/** Where the engine's file backend keeps the stacks of this checkout. */
const folder = join(stateFolder, "backend/.pulumi/stacks/production-platform");

const fileOf = (stack: string): string | undefined =>
  [".json", ".json.gz"].map((ending) => join(folder, `${stack}${ending}`)).find((file) => existsSync(file));

/** Reads it from the checkout's own backend, without the engine; an unknown stack has nothing. */
export function engineRecord(stack: string): EngineRecord {
  const { resources = [], pending_operations: pending } = latest(stack);
  return recordOf([...resources, ...(pending ?? []).map(({ resource }) => resource)]);
}

/**
 * What the last update left of what a program declares: no component, provider or note, and nothing that is about to
 * go.
 */
export const recordedResources = (stack: string): readonly Resource[] => declaredIn(latest(stack).resources ?? []);

/**
 * What `pulumi stack output` would say, without the engine; `undefined` where the stack was never brought up from this
 * checkout.
 */
export const recordedOutputs = (stack: string): Readonly<Record<string, unknown>> | undefined =>
  latest(stack).resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs;

export const declaredIn = (resources: readonly Resource[]): readonly Resource[] =>
  resources.filter(
    ({ type, custom, delete: going }) => custom === true && going !== true && !type.startsWith("pulumi:"),
  );

function latest(stack: string): {
  readonly resources?: Resource[];
  readonly pending_operations?: { resource: Resource }[];
} {
  const file = fileOf(stack);
  if (file === undefined) return {};
  const bytes = readFileSync(file);
  const { checkpoint } = JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()) as {
    checkpoint?: { latest?: ReturnType<typeof latest> | null };
  };
  return checkpoint?.latest ?? {};
}

/** What a list of the engine's resources says. */
export function recordOf(resources: readonly Resource[]): EngineRecord {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  const kept = resources.find(({ type }) => type === "pulumi:index:Stash")?.outputs?.output;
  const provider = resources.find(
    ({ type, inputs }) => type === "pulumi:providers:kubernetes" && text(inputs?.["context"]) !== undefined,
  );
  const context = text(provider?.inputs?.["context"]) ?? text(kept?.context);
  const uid = text(kept?.uid);
  const kubeconfig = text(provider?.inputs?.["kubeconfig"]);
  const names = resources
    .filter(({ type }) => type !== "pulumi:pulumi:Stack")
    .map(({ type, urn }) => `${kindOf(type)} ${urn.split("::").at(-1)}`);
  return {
    resources: [...new Set(names)],
    ...(context !== undefined && { cluster: { context, ...(uid !== undefined && { uid }) } }),
    ...(kubeconfig !== undefined && { kubeconfig }),
  };
}

/** The stacks that the engine knows here. */
export const engineStacks = (): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.json(\.gz)?$/.test(name))
        .map((name) => basename(name).replace(/\.json(\.gz)?$/, ""))
    : [];

/**
 * Copies the engine's record of a stack aside, before it is forgotten by force: its passwords may be wanted again.
 * Returns where it lies.
 */
export function keepEngineRecord(stack: string, target: string): string | undefined {
  const file = fileOf(stack);
  if (file === undefined) return undefined;
  mkdirSync(target, { recursive: true });
  const copy = join(target, `${new Date().toISOString().replaceAll(":", "-")}-${basename(file)}`);
  copyFileSync(file, copy);
  return copy;
}

function kindOf(type: string): string {
  return type === "pulumi:providers:kubernetes" ? "kubernetes provider" : type.split(":").at(-1)!;
}
