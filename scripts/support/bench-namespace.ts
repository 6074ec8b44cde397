import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Manifest } from "./declared-objects.ts";

/** Runs kubectl to its end with some input, and returns what it said; throws when it fails. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** What a backup of a store needs; a system's other objects stay out of the benchmark. */
const kinds = ["Secret", "ConfigMap", "Service", "ServiceAccount", "PersistentVolumeClaim", "StatefulSet"];

/** A store of the rendered stack and its backup. */
export interface StoreUnderTest {
  readonly namespace: string;
  /** Names of the objects that belong to it. */
  readonly belongs: RegExp;
  /** Jobs that must have ended before it can be filled, in order. */
  readonly before: readonly RegExp[];
  readonly backup: string;
}

/** The objects of a store under a namespace of their own, with passwords, and its Jobs by name. */
export function movedTo(
  namespace: string,
  store: StoreUnderTest,
  objects: readonly Manifest[],
): { readonly objects: Manifest[]; readonly jobs: Manifest[] } {
  const moved = objects
    .filter(
      ({ kind, metadata }) =>
        metadata.namespace === store.namespace && [...kinds, "Job"].includes(kind) && store.belongs.test(metadata.name),
    )
    .map(
      (object): Manifest => ({
        ...object,
        metadata: { ...object.metadata, namespace },
        ...(object.kind === "Secret" && { stringData: { password: randomBytes(24).toString("hex") } }),
      }),
    );
  return { objects: moved.filter(({ kind }) => kind !== "Job"), jobs: moved.filter(({ kind }) => kind === "Job") };
}

/** A namespace that is gone at the end, whatever happens in `use`. One that an earlier run left is removed first. */
export async function withNamespace<T>(name: string, kubectl: Kubectl, use: () => Promise<T>): Promise<T> {
  const remove = () => kubectl(["delete", "namespace", name, "--ignore-not-found", "--wait=true", "--timeout=300s"]);
  await remove();
  await kubectl(["create", "namespace", name]);
  try {
    return await use();
  } finally {
    await remove();
  }
}

/** Brings a store up in its namespace, without its backup. */
export async function bringUp(
  namespace: string,
  store: StoreUnderTest,
  objects: readonly Manifest[],
  jobs: readonly Manifest[],
  kubectl: Kubectl,
): Promise<void> {
  await kubectl(["apply", "--server-side", "-f", "-"], list(objects));
  for (const { metadata } of objects.filter(({ kind }) => kind === "StatefulSet"))
    await kubectl(["rollout", "status", `statefulset/${metadata.name}`, "-n", namespace, "--timeout=600s"]);
  for (const pattern of store.before) {
    for (const job of jobs.filter(({ metadata }) => pattern.test(metadata.name)))
      await runJob(namespace, job, kubectl, async () => {});
  }
}

/** Starts a Job and waits for its end, with a look every two seconds; throws with its log when it fails. */
export async function runJob(
  namespace: string,
  job: Manifest,
  kubectl: Kubectl,
  look: () => Promise<void>,
): Promise<void> {
  const { name } = job.metadata;
  await kubectl(["create", "-f", "-"], JSON.stringify(job));
  for (;;) {
    const ended = await kubectl([
      "get",
      "job",
      name,
      "-n",
      namespace,
      "-o",
      'jsonpath={.status.conditions[?(@.status=="True")].type}',
    ]);
    if (ended.includes("Complete")) return;
    if (ended.includes("Failed"))
      throw new Error(
        `job ${namespace}/${name} failed:\n${await kubectl(["logs", "-n", namespace, `job/${name}`, "--all-containers", "--ignore-errors", "--tail=20"])}`,
      );
    await look();
    await sleep(2000);
  }
}

const list = (items: readonly Manifest[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
