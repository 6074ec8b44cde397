import { eventually, kubectl, withManifest } from "./cluster.ts";
import { type Container, type DrillJob, runOnce } from "./cron-job.ts";

/** The step that makes the copy. */
export const copyStep = (job: DrillJob): Container =>
  job.spec.template.spec.initContainers.find(({ name }) => ["dump", "archive"].includes(name))!;

/**
 * Puts a program of this name before the real one, only for the copying step of one run. `real` in `body` is the real
 * one.
 */
export const replacing =
  (program: string, body: string) =>
  (job: DrillJob): void => {
    const step = copyStep(job);
    const script = `#!/bin/bash\nPATH=\${PATH#/tmp/fault:}\nreal() { ${program} "$@"; }\n${body}\n`;
    step.command = [
      "bash",
      "-c",
      `mkdir /tmp/fault && echo ${Buffer.from(script).toString("base64")} | base64 -d >/tmp/fault/${program} && chmod +x /tmp/fault/${program} && PATH=/tmp/fault:$PATH exec bash ${step.command[1]}`,
    ];
  };

/** Sets variables of the copying step of one run. */
export const withEnv =
  (changes: Record<string, string>) =>
  (job: DrillJob): void => {
    const step = copyStep(job);
    step.env = [
      ...step.env.filter(({ name }) => !(name in changes)),
      ...Object.entries(changes).map(([name, value]) => ({ name, value })),
    ];
  };

/** Drills of one backup CronJob. */
export function backupDrill(namespace: string, cronJob: string) {
  const since = Date.now() - 1000; // the API server's times have no fractions
  const run = (name: string, change?: (job: DrillJob) => void) => runOnce(namespace, cronJob, name, change);

  /** What a script prints in a pod that mounts what the job's verifying step mounts. */
  async function onVolume(script: string): Promise<string> {
    const pod = `inspect-${cronJob}-${Date.now().toString(36)}`;
    const template = JSON.parse(
      await kubectl("get", "cronjob", cronJob, "-n", namespace, "-o", "jsonpath={.spec.jobTemplate.spec.template}"),
    );
    const { initContainers, containers, ...rest } = template.spec;
    const step = [...initContainers, ...containers].find(({ name }: Container) => ["verify", "prune"].includes(name));
    const manifest = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, namespace, labels: template.metadata.labels },
      spec: { ...rest, containers: [{ ...step, command: ["bash", "-ec", script] }] },
    };
    const { code, stderr } = await withManifest(manifest, "create");
    if (code !== 0) throw new Error(stderr);
    try {
      const phase = await eventually(
        `the end of pod ${pod}`,
        120,
        () => kubectl("get", "pod", pod, "-n", namespace, "-o", "jsonpath={.status.phase}"),
        (seen) => /Succeeded|Failed/.test(seen),
      );
      const logs = await kubectl("logs", "-n", namespace, pod);
      if (phase === "Failed") throw new Error(logs);
      return logs;
    } finally {
      await kubectl("delete", "pod", pod, "-n", namespace, "--wait=true");
    }
  }

  /**
   * The last parts of the names of pods that the schedule itself started since the drills began: a copy's name ends
   * with its pod's.
   */
  async function scheduledPods(): Promise<Set<string>> {
    const { items } = JSON.parse(await kubectl("get", "pods", "-n", namespace, "-o", "json")) as {
      items: { metadata: { name: string; creationTimestamp: string; labels?: Record<string, string> } }[];
    };
    const ofSchedule = new RegExp(`^${cronJob}-\\d+$`);
    return new Set(
      items
        .filter(
          ({ metadata: { creationTimestamp, labels } }) =>
            Date.parse(creationTimestamp) >= since && ofSchedule.test(labels?.["job-name"] ?? ""),
        )
        .map(({ metadata }) => metadata.name.split("-").at(-1)!),
    );
  }

  /**
   * Names of the verified copies, newest last, without those of scheduled runs: two o'clock at night may come in the
   * middle of a drill.
   */
  async function copies(): Promise<string[]> {
    const names = (await onVolume("mkdir -p /backups/verified; ls -1 /backups/verified")).split("\n").filter(Boolean);
    const scheduled = await scheduledPods();
    return names.filter((name) => !scheduled.has(name.split("-").at(-1)!));
  }
  return { run, onVolume, copies };
}
