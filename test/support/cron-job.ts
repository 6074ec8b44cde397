import { eventually, kubectl, withManifest } from "./cluster.ts";

export interface DrillJob {
  metadata: { ownerReferences?: unknown };
  spec: { backoffLimit: number; template: { spec: { containers: Container[]; initContainers: Container[] } } };
}
export interface Container {
  name: string;
  command: string[];
  env: { name: string; value?: string }[];
}

/** Runs a CronJob's own template once, with a change; returns how it ended and what its containers said. */
export async function runOnce(namespace: string, cronJob: string, name: string, change: (job: DrillJob) => void = () => {}): Promise<{ outcome: "Complete" | "Failed"; logs: string }> {
  const job = `drill-${cronJob}-${name}-${Date.now().toString(36)}`;
  const made = JSON.parse(await kubectl("create", "job", job, "-n", namespace, `--from=cronjob/${cronJob}`, "--dry-run=client", "-o", "json")) as DrillJob;
  made.spec.backoffLimit = 0;
  // A CronJob removes its own failed runs beyond the history it keeps, and drills are looked at afterwards.
  delete made.metadata.ownerReferences;
  change(made);
  return runToEnd(namespace, job, made);
}

/** Makes a Job and waits for its end; returns how it ended and what its containers said. */
export async function runToEnd(namespace: string, job: string, made: object): Promise<{ outcome: "Complete" | "Failed"; logs: string }> {
  const { code, stderr } = await withManifest(made, "create");
  if (code !== 0) throw new Error(stderr);
  const outcome = await eventually(`the end of job ${job}`, 300, () => kubectl("get", "job", job, "-n", namespace, "-o", "jsonpath={.status.conditions[*].type}"), (types) => /Complete|Failed/.test(types));
  const logs = await kubectl("logs", "-n", namespace, `job/${job}`, "--all-containers", "--ignore-errors");
  await kubectl("delete", "job", job, "-n", namespace, "--wait=true");
  return { outcome: outcome.includes("Failed") ? "Failed" : "Complete", logs };
}
