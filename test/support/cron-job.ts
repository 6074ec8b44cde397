import { randomUUID } from "node:crypto";
import { eventually, kubectl, withManifest } from "./cluster.ts";

export interface DrillJob {
  metadata: { name: string; namespace: string; ownerReferences?: unknown };
  spec: { backoffLimit: number; template: { spec: { containers: Container[]; initContainers: Container[] } } };
}
export interface Container {
  name: string;
  command: string[];
  env: { name: string; value?: string }[];
}

/** Runs a CronJob's own template once, with a change; returns how it ended and what its containers said. */
export async function runOnce(
  namespace: string,
  cronJob: string,
  name: string,
  change: (job: DrillJob) => void = () => {},
): Promise<{ outcome: "Complete" | "Failed"; logs: string }> {
  const job = `drill-${cronJob}-${name}-${Date.now().toString(36)}`;
  const made = JSON.parse(
    await kubectl("create", "job", job, "-n", namespace, `--from=cronjob/${cronJob}`, "--dry-run=client", "-o", "json"),
  ) as DrillJob;
  made.spec.backoffLimit = 0;
  // A CronJob removes its own failed runs beyond the history it keeps, and drills are looked at afterwards.
  delete made.metadata.ownerReferences;
  change(made);
  return runJob(made);
}

/**
 * Runs a job to its end and removes it; how and why it ended, how many of its pods failed, and what the containers of
 * one said.
 */
export async function runJob(
  job: Pick<DrillJob, "metadata">,
): Promise<{ outcome: "Complete" | "Failed"; reason: string; failedPods: number; logs: string }> {
  const { name, namespace } = job.metadata;
  const { code, stderr } = await withManifest(job, "create");
  if (code !== 0) throw new Error(stderr);
  const status = await eventually(
    `the end of job ${name}`,
    300,
    async () => JSON.parse(await kubectl("get", "job", name, "-n", namespace, "-o", "json")).status as JobStatus,
    ({ conditions }) => ended(conditions) !== undefined,
  );
  const logs = await kubectl("logs", "-n", namespace, `job/${name}`, "--all-containers", "--ignore-errors");
  await kubectl("delete", "job", name, "-n", namespace, "--wait=true");
  const { type, reason = "" } = ended(status.conditions)!;
  return { outcome: type as "Complete" | "Failed", reason, failedPods: status.failed ?? 0, logs };
}

/** A client of a store that runs until it is removed. */
export interface DrillClient {
  /** The name of its pod. */
  pod(): Promise<string>;
  /** What it has printed so far. */
  printed(): Promise<string>;
  remove(): Promise<unknown>;
}

/**
 * Runs a script in a pod of its own, in the place of one container of a CronJob: with its image, its login and its way
 * through the network.
 */
export async function startClient(
  namespace: string,
  cronJob: string,
  container: string,
  script: string,
): Promise<DrillClient> {
  const name = `client-${cronJob}-${randomUUID().slice(0, 8)}`;
  const job = JSON.parse(
    await kubectl(
      "create",
      "job",
      name,
      "-n",
      namespace,
      `--from=cronjob/${cronJob}`,
      "--dry-run=client",
      "-o",
      "json",
    ),
  ) as DrillJob;
  delete job.metadata.ownerReferences;
  job.spec.backoffLimit = 0;
  const { spec } = job.spec.template;
  spec.containers = [...(spec.initContainers ?? []), ...spec.containers]
    .filter((each) => each.name === container)
    .map((each) => ({ ...each, command: ["bash", "-c", script] }));
  spec.initContainers = [];
  const { code, stderr } = await withManifest(job, "create");
  if (code !== 0) throw new Error(stderr);
  return {
    pod: () =>
      kubectl("get", "pods", "-n", namespace, "-l", `job-name=${name}`, "-o", "jsonpath={.items[0].metadata.name}"),
    printed: () => kubectl("logs", "-n", namespace, `job/${name}`, "--ignore-errors"),
    remove: () => kubectl("delete", "job", name, "-n", namespace, "--grace-period=1", "--wait=true"),
  };
}

interface JobStatus {
  readonly failed?: number;
  readonly conditions?: readonly { readonly type: string; readonly reason?: string }[];
}
const ended = (conditions: JobStatus["conditions"] = []) =>
  conditions.find(({ type }) => ["Complete", "Failed"].includes(type));
