import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ChosenCluster } from "../../cluster/select.ts";
import { stateFolder } from "./checkout.ts";
import { writePrivate } from "./whole-file.ts";

/** The cluster that a stack was brought up on, as it lies beside the engine's state. */
export interface ClusterRecord {
  readonly context: string;
  readonly kind: ChosenCluster["kind"];
  readonly server: string;
  /** UID of the namespace kube-system. */
  readonly uid: string;
  /** Of the local cluster: the folder that holds it and all of its data. */
  readonly folder?: string;
  /** When the first update began, as ISO 8601. */
  readonly since: string;
}

const folder = join(stateFolder, "stacks");
const recordFile = (stack: string) => join(folder, stack, "cluster.json");

/**
 * A kubeconfig of the stack's cluster alone: its context, its cluster and its user. It exists once the stack was
 * brought up.
 */
export const stackKubeconfig = (stack: string): string => join(folder, stack, "kubeconfig");

/** Where records lie that were forgotten by force. */
export const forgottenFolder = join(stateFolder, "forgotten");

/** The cluster of a stack; `undefined` where none is recorded. */
export const clusterRecord = (stack: string): ClusterRecord | undefined =>
  existsSync(recordFile(stack)) ? (JSON.parse(readFileSync(recordFile(stack), "utf8")) as ClusterRecord) : undefined;

/**
 * Records the cluster of a stack, and the way to it. The kubeconfig comes first: a record without one would lead
 * nowhere.
 */
export function recordCluster(stack: string, record: ClusterRecord, kubeconfig: Record<string, unknown>): void {
  writePrivate(stackKubeconfig(stack), `${JSON.stringify(kubeconfig, undefined, 2)}\n`);
  writePrivate(recordFile(stack), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Forgets the cluster of a stack. */
export function forgetCluster(stack: string): void {
  rmSync(recordFile(stack), { force: true });
  rmSync(join(folder, stack), { recursive: true, force: true });
}

/** The stacks that have a cluster recorded here. */
export const recordedStacks = (): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((stack) => existsSync(recordFile(stack))) : [];
