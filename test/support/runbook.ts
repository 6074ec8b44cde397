import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { outputsOf } from "../../components/systems/outputs.ts";
import type { Target } from "../../components/systems/target.ts";
import { runbookCommand, type RunbookTerminal } from "../../scripts/support/runbook-command.ts";
import type { FakeCluster, Thing } from "./fake-cluster.ts";
import type { Said } from "./terminal.ts";

/** A small system: a database with a backup, a cache, and two programs in their order. */
export const shop: Target = {
  system: "bgc-platform",
  namespace: "data",
  workloads: [
    { kind: "StatefulSet", name: "postgres", replicas: 1 },
    { kind: "Deployment", name: "api", replicas: 2 },
  ],
  dataStores: [
    { kind: "postgres", name: "postgres", service: "pg", port: 5432, backup: "postgres-backup" },
    { kind: "redis-cache", name: "redis", service: "redis", port: 6379 },
  ],
  endpoints: [],
  objectives: { activeConnections: 50 },
};

/**
 * Runs `runbook` against a cluster of a test whose stack has these systems. `--context here` and `--outputs` are added,
 * unless the line is `bare`; `hear` gets what it says.
 */
export async function runbook(
  cluster: Pick<FakeCluster, "kubeconfig">,
  args: readonly string[],
  more: Partial<RunbookTerminal> & {
    readonly targets?: readonly Target[];
    readonly bare?: boolean;
    readonly hear?: (text: string) => void;
  } = {},
): Promise<Said> {
  const { targets = [shop], bare = false, hear = () => {}, ...terminal } = more;
  const outputs = join(dirname(cluster.kubeconfig), "outputs.json");
  writeFileSync(outputs, JSON.stringify(outputsOf(targets)));
  const said = { stdout: "", stderr: "" };
  const code = await runbookCommand([...args, ...(bare ? [] : ["--context", "here", "--outputs", outputs])], {
    base: dirname(cluster.kubeconfig),
    kubeconfig: cluster.kubeconfig,
    stdin: Readable.from([]),
    colour: false,
    ask: undefined,
    signal: new AbortController().signal,
    looks: { interval: 1, patience: 1 },
    out: (text) => {
      said.stdout += text;
      hear(text);
    },
    error: (text) => (said.stderr += text),
    ...terminal,
  });
  return { code, ...said };
}

/** Names of a run are its time and four letters. */
export const withoutIds = (text: string): string =>
  text
    .replaceAll(/\d{8}t\d{6}-[0-9a-f]{4}/g, "RUN")
    .replaceAll(/\/tmp\/\S+\/outputs\.json/g, "OUTPUTS")
    .replaceAll(/\S+@\S+ (\w+) RUN/g, "WHO $1 RUN");

const template = {
  metadata: { labels: { app: "postgres-backup" } },
  spec: { containers: [{ name: "prune", image: "busybox:1" }], restartPolicy: "Never" },
};

/** A backup as a stack declares it. */
export const backupCronJob = (name = "postgres-backup"): Thing => ({
  kind: "CronJob",
  metadata: {
    name,
    uid: `uid-of-${name}`,
    managedFields: [
      { manager: "pulumi-kubernetes-1", operation: "Apply", fieldsV1: { "f:spec": { "f:suspend": {} } } },
    ],
  },
  spec: {
    schedule: "0 2 * * *",
    timeZone: "Etc/UTC",
    suspend: false,
    concurrencyPolicy: "Forbid",
    jobTemplate: {
      metadata: { labels: { app: name } },
      spec: { activeDeadlineSeconds: 60, template: { ...template, metadata: { labels: { app: name } } } },
    },
  },
  status: {},
});

const mounts = [
  { name: "scripts", mountPath: "/scripts" },
  { name: "tmp", mountPath: "/tmp" },
  { name: "backups", mountPath: "/backups" },
];
const env = [{ name: "BACKUPS", value: "/backups" }];

/** The same with the steps that copy and prove, and the volumes that they use. */
export const provingCronJob = (name?: string): Thing => {
  const { spec, ...rest } = backupCronJob(name);
  const { spec: jobSpec, ...job } = spec.jobTemplate;
  const pod = {
    ...jobSpec.template.spec,
    serviceAccountName: "postgres-backup",
    initContainers: [
      {
        name: "dump",
        image: "postgres:15",
        command: ["bash", "/scripts/dump.sh"],
        env: [...env, { name: "PGUSER", value: "backup" }],
        resources: { limits: { memory: "512Mi" } },
        volumeMounts: [...mounts, { name: "credentials-backup", mountPath: "/credentials/backup" }],
      },
      {
        name: "verify",
        image: "postgres:15",
        command: ["bash", "/scripts/verify.sh"],
        env,
        resources: { limits: { memory: "1Gi" } },
        volumeMounts: [...mounts, { name: "scratch", mountPath: "/scratch" }],
      },
    ],
    volumes: ["scripts", "tmp", "backups", "scratch", "credentials-backup"].map((volume) => ({ name: volume })),
  };
  return {
    ...rest,
    spec: { ...spec, jobTemplate: { ...job, spec: { ...jobSpec, template: { ...jobSpec.template, spec: pod } } } },
  };
};

/**
 * Ends a Job as the job controller does, with a pod that leaves these words and a log; an answer's `message` is that of
 * the container that verifies.
 */
export function ended(
  cluster: FakeCluster,
  job: Thing,
  { succeeded, message }: { readonly succeeded: boolean; readonly message?: string },
): void {
  const { name, uid } = job.metadata;
  cluster.put({
    kind: "Pod",
    metadata: {
      name: `${name}-pod`,
      labels: { "batch.kubernetes.io/job-name": name },
      ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name, uid: uid as string, controller: true }],
    },
    spec: { containers: [{ name: "prune" }], initContainers: [{ name: "verify" }] },
    status: {
      phase: succeeded ? "Succeeded" : "Failed",
      initContainerStatuses: [
        {
          name: "verify",
          ready: false,
          restartCount: 0,
          image: "",
          imageID: "",
          state: { terminated: { exitCode: succeeded ? 0 : 1, message: message ?? "" } },
        },
      ],
    },
  });
  const condition = succeeded
    ? { type: "Complete", status: "True" }
    : {
        type: "Failed",
        status: "True",
        reason: "BackoffLimitExceeded",
        message: "Job has reached the specified backoff limit",
      };
  cluster.put({
    ...cluster.get("Job", name)!,
    status: {
      startTime: "2026-01-31T02:00:00Z",
      ...(succeeded && { completionTime: "2026-01-31T02:05:00Z" }),
      conditions: [condition],
    },
  });
}
