import test from "ava";
import { verbs } from "../../../../operations/runbook/verbs/index.ts";
import { testAuthority } from "../../../support/certificates.ts";
import { fakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { backupCronJob, ended, runbook, shop } from "../../../support/runbook.ts";
import { controller, pod } from "../../../support/workload-things.ts";

const tls = (days: number): Thing => ({
  kind: "Secret",
  metadata: { name: "tls" },
  data: { "tls.crt": Buffer.from(testAuthority("test", days).issue("api.example").certificate).toString("base64") },
});
const targets = [
  { ...shop, workloads: [...shop.workloads, { kind: "Deployment", name: "cache", replicas: 1 } as const] },
];
const proof = `{"verifiedCopy":"bgc-1","at":"${new Date().toISOString().slice(0, 19)}Z","bytes":1572864}`;
const resources = { requests: { cpu: "500m", memory: "512Mi" } };

const acting = verbs.filter(({ kind }) => kind === "acts" || kind === "disturbs").map(({ name }) => name);

/** A cluster in which all is well. */
const sound = (): Thing[] => [
  {
    kind: "Node",
    metadata: { name: "one" },
    spec: {},
    status: {
      nodeInfo: { kubeletVersion: "v1.35.4", osImage: "Debian 12" },
      conditions: [
        { type: "MemoryPressure", status: "False" },
        { type: "Ready", status: "True" },
      ],
    },
  },
  { kind: "StorageClass", metadata: { name: "local-path" }, provisioner: "rancher.io/local-path" },
  {
    kind: "PersistentVolumeClaim",
    metadata: { name: "data" },
    spec: { storageClassName: "local-path" },
    status: { phase: "Bound" },
  },
  controller("StatefulSet", "postgres", 1),
  pod("postgres-0", "postgres"),
  controller("Deployment", "api", 2, resources),
  pod("api-a", "api"),
  pod("api-b", "api"),
  withStrategy(controller("Deployment", "cache", 1, { requests: { cpu: "1" } }), "Recreate"),
  pod("cache-a", "cache"),
  {
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "api" },
    spec: { minReplicas: 2, maxReplicas: 4 },
    status: { currentReplicas: 2, conditions: [{ type: "ScalingActive", status: "True" }] },
  },
  {
    kind: "PodDisruptionBudget",
    metadata: { name: "api" },
    status: { expectedPods: 2, currentHealthy: 2, disruptionsAllowed: 1 },
  },
  {
    kind: "ResourceQuota",
    metadata: { name: "quota" },
    status: { hard: { pods: "4", "requests.cpu": "2" }, used: { pods: "3", "requests.cpu": "1500m" } },
  },
  {
    kind: "Certificate",
    metadata: { name: "api" },
    status: { conditions: [{ type: "Ready", status: "True", message: "Certificate is up to date" }] },
  },
  { kind: "Ingress", metadata: { name: "api" }, spec: { tls: [{ secretName: "tls", hosts: ["api.example"] }] } },
  tls(90),
  backupCronJob(),
  {
    kind: "Job",
    metadata: { name: "first", ownerReferences: [{ kind: "CronJob", uid: "uid-of-postgres-backup" }] },
    spec: { template: {} },
  },
];

test("preflight of a sound system says what it saw of each thing that a release needs, and ends with 0 (G12)", async (t) => {
  const cluster = await fakeCluster(t, sound());
  ended(cluster, cluster.get("Job", "first")!, { succeeded: true, message: proof });
  const { code, stdout } = await runbook(cluster, ["preflight", "--strict"], { targets });
  t.deepEqual(stdout.replace(/until \d{4}-\d\d-\d\d, \d+ days/, "until DAY, N days").split("\n"), [
    "bgc-platform (namespace data)",
    "  ok   node one: Ready, v1.35.4, Debian 12",
    "  ok   storage class local-path: rancher.io/local-path, volumes cannot grow",
    "  ok   StatefulSet postgres: 1 of 1 pods Ready",
    "  ok   Deployment api: 2 of 2 pods Ready",
    "  ok   Deployment cache: 1 of 1 pods Ready",
    "  ok   Certificate api: Ready is True: Certificate is up to date",
    "  ok   autoscaler api: 2 of 2 to 4 pods",
    "  ok   disruption budget api: 2 of 2 pods are healthy, 1 may go",
    "  ok   quota: 3 of 4 pods, 1500m of 2 requests.cpu used; one more pod of each workload fits",
    '  ok   backup of postgres: newest verified copy 0 min old (bgc-1), "0 2 * * *" Etc/UTC',
    "  ok   certificate tls of api.example: until DAY, N days",
    "  ok   schedules: 1, and nobody has suspended one",
    "  ok   warnings of the cluster: none about anything that is not well",
    `  ok   your rights: every verb that acts: ${acting.join(", ")}`,
    "preflight of stack dev on here: 14 yes",
    "",
  ]);
  t.is(code, 0);
});

/** One fault each, put into a sound cluster, and the line that names it. */
const faults: readonly (readonly [string, Thing, string])[] = [
  [
    "a node that is cordoned",
    { kind: "Node", metadata: { name: "one" }, spec: { unschedulable: true }, status: { conditions: [ready("True")] } },
    "node one: takes no pods: it is cordoned",
  ],
  [
    "a node that lacks disk",
    {
      kind: "Node",
      metadata: { name: "one" },
      spec: {},
      status: { conditions: [ready("True"), { type: "DiskPressure", status: "True", message: "90 % are used" }] },
    },
    "node one: DiskPressure: 90 % are used",
  ],
  [
    "a node whose kubelet is silent",
    {
      kind: "Node",
      metadata: { name: "one" },
      spec: {},
      status: { conditions: [{ ...ready("Unknown"), message: "Kubelet stopped posting node status." }] },
    },
    "node one: not Ready: Kubelet stopped posting node status.",
  ],
  [
    "a claim of a storage class that is gone",
    {
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      spec: { storageClassName: "fast" },
      status: { phase: "Bound" },
    },
    "storage class fast: claims name it, and it is not there: no volume can be made again",
  ],
  [
    "an autoscaler without measures",
    {
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "api" },
      spec: { maxReplicas: 4 },
      status: {
        conditions: [{ type: "ScalingActive", status: "False", message: "the metrics API answers nothing" }],
      },
    },
    "autoscaler api: ScalingActive is not so: the metrics API answers nothing",
  ],
  [
    "a disruption budget that lets nothing go",
    {
      kind: "PodDisruptionBudget",
      metadata: { name: "api" },
      status: { expectedPods: 2, currentHealthy: 1, disruptionsAllowed: 0 },
    },
    "disruption budget api: 1 of 2 pods are healthy, 0 may go",
  ],
  [
    "a quota without room for one more pod",
    {
      kind: "ResourceQuota",
      metadata: { name: "quota" },
      status: { hard: { pods: "4", "requests.cpu": "2" }, used: { pods: "3", "requests.cpu": "1600m" } },
    },
    "quota: no room for one more pod of api: quota: 1600m of 2 requests.cpu are used",
  ],
  [
    "a certificate that its add-on could not issue",
    {
      kind: "Certificate",
      metadata: { name: "api" },
      status: { conditions: [{ type: "Ready", status: "False", message: "the order is errored" }] },
    },
    "Certificate api: Ready is False: the order is errored",
  ],
  ["a certificate that is about to end", tls(13), "certificate tls of api.example: until DAY, 12 days"],
  [
    "a schedule that somebody suspended",
    {
      ...backupCronJob("engine"),
      metadata: {
        name: "engine",
        managedFields: [{ manager: "kubectl-edit", fieldsV1: { "f:spec": { "f:suspend": {} } } }],
      },
      spec: { ...backupCronJob()["spec"], suspend: true },
    },
    "schedule engine: SUSPENDED by kubectl-edit",
  ],
  [
    "a controller that may make no pod",
    {
      kind: "Event",
      metadata: { name: "one" },
      type: "Warning",
      reason: "FailedCreate",
      message: "exceeded quota: quota",
      count: 3,
      lastTimestamp: new Date().toISOString(),
      involvedObject: { kind: "ReplicaSet", name: "api-1" },
    },
    "warning of the cluster: ReplicaSet api-1: FailedCreate: exceeded quota: quota, 3 times",
  ],
];

test("each fault that a release would meet is named by preflight, and by one line alone (G12)", async (t) => {
  for (const [title, thing, line] of faults) {
    const cluster = await fakeCluster(t, sound());
    ended(cluster, cluster.get("Job", "first")!, { succeeded: true, message: proof });
    cluster.put(thing);
    const { code, stdout } = await runbook(cluster, ["preflight"], { targets });
    t.deepEqual(
      stdout.split("\n").filter((each) => each.startsWith("  FAIL ")),
      [`  FAIL ${line}`].map((each) => each.replace("DAY", stdout.match(/until (\S+), 12 days/)?.[1] ?? "DAY")),
      title,
    );
    t.is(code, 1, title);
  }
});

test("a warning about what is well again is none, and an old one of a controller is none (G12)", async (t) => {
  const cluster = await fakeCluster(t, sound());
  const event = (name: string, involvedObject: object, reason: string, lastTimestamp: string): Thing => ({
    kind: "Event",
    metadata: { name },
    type: "Warning",
    reason,
    message: "it was so",
    lastTimestamp,
    involvedObject,
  });
  const now = new Date().toISOString();
  cluster.put(event("one", { kind: "Pod", uid: cluster.get("Pod", "api-a")!.metadata["uid"] }, "Unhealthy", now));
  cluster.put(event("two", { kind: "Job", name: "gone", uid: "gone" }, "BackoffLimitExceeded", now));
  cluster.put(event("three", { kind: "Job", name: "old" }, "FailedCreate", "2026-01-01T00:00:00Z"));
  const { stdout } = await runbook(cluster, ["preflight"], { targets });
  t.regex(stdout, /\n {2}ok {3}warnings of the cluster: none about anything that is not well\n/);
});

test("whoever may not look at nodes is told so and sees the rest, and whoever lacks rights for a verb is told which (G12)", async (t) => {
  const cluster = await fakeCluster(t, sound());
  ended(cluster, cluster.get("Job", "first")!, { succeeded: true, message: proof });
  cluster.before = ({ path }) =>
    path.startsWith("/api/v1/nodes")
      ? { status: 403, body: { kind: "Status", message: "nodes is forbidden" } }
      : undefined;
  cluster.rules = [
    {
      apiGroups: ["apps", "autoscaling", "batch", "networking.k8s.io", "cert-manager.io", "coordination.k8s.io"],
      resources: ["*"],
      verbs: ["*"],
    },
    { apiGroups: [""], resources: ["configmaps", "pods/log", "pods", "secrets"], verbs: ["*"] },
  ];
  const { code, stdout } = await runbook(cluster, ["preflight"], { targets });
  t.regex(stdout, /\n {2}\? {4}nodes: not measured, nodes is forbidden\n {2}ok {3}storage class local-path: /);
  t.regex(
    stdout,
    /\n {2}FAIL your rights: they do not do for restore, restart, scale, maintenance, close-breaker; "runbook rights restore" prints what one needs\n/,
  );
  t.is(code, 1);
  const { stdout: roles } = await runbook(cluster, ["rights", "preflight"], { bare: true });
  t.regex(
    roles,
    /\n---\napiVersion: rbac.authorization.k8s.io\/v1\nkind: ClusterRole\nmetadata:\n {2}name: runbook-preflight\nrules:\n {2}- apiGroups:\n {6}- ""\n {4}resources:\n {6}- nodes\n/,
  );
});

function withStrategy(deployment: Thing, type: string): Thing {
  return { ...deployment, spec: { ...deployment["spec"], strategy: { type } } };
}

function ready(status: string) {
  return { type: "Ready", status };
}
