import test from "ava";
import { fakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { backupCronJob, ended, runbook, shop } from "../../../support/runbook.ts";
import { controller, pod } from "../../../support/workload-things.ts";

const proof = '{"verifiedCopy":"bgc-1","at":"2026-01-31T02:04:00Z","bytes":1572864}';
const run = (name: string): Thing => ({
  kind: "Job",
  metadata: {
    name,
    namespace: "data",
    uid: `uid-of-${name}`,
    ownerReferences: [{ kind: "CronJob", uid: "uid-of-postgres-backup" }],
  },
  spec: { template: {} },
});
const facts = (stdout: string) =>
  (JSON.parse(stdout) as { systems: { facts: { about: string; answer: string; detail: string }[]; data?: any }[] })
    .systems[0]!;

const platform = (): Thing[] => [
  controller("StatefulSet", "postgres", 1),
  pod("postgres-0", "postgres"),
  controller("Deployment", "api", 1),
  pod("api-a", "api"),
];

test("status names what holds a pod up, a failed run, a schedule that somebody suspended and a claim that is not bound (E15)", async (t) => {
  const suspended = backupCronJob("engine");
  const byHand = {
    ...suspended,
    metadata: {
      ...suspended.metadata,
      managedFields: [
        {
          manager: "runbook",
          operation: "Update",
          time: "2026-01-31T01:00:00Z",
          fieldsV1: { "f:spec": { "f:suspend": {} } },
        },
      ],
    },
    spec: { ...suspended["spec"], suspend: true },
  };
  const cluster = await fakeCluster(t, [
    controller("StatefulSet", "postgres", 1),
    pod("postgres-0", "postgres"),
    controller("Deployment", "api", 2),
    pod("api-a", "api"),
    pod("api-b", "api", "CrashLoopBackOff"),
    { kind: "Service", metadata: { name: "api" }, spec: { selector: { app: "api" }, ports: [{ port: 8080 }] } },
    {
      kind: "EndpointSlice",
      metadata: { name: "api-1", labels: { "kubernetes.io/service-name": "api" } },
      addressType: "IPv4",
      endpoints: [
        { addresses: ["10.0.0.1"], conditions: { ready: true } },
        { addresses: ["10.0.0.2"], conditions: { ready: false } },
      ],
    },
    backupCronJob(),
    byHand,
    run("postgres-backup-1"),
    {
      kind: "PersistentVolumeClaim",
      metadata: { name: "unused" },
      spec: { resources: { requests: { storage: "1Gi" } } },
      status: { phase: "Pending" },
    },
    {
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      status: { phase: "Bound", capacity: { storage: "20Gi" } },
    },
    {
      kind: "Ingress",
      metadata: { name: "api" },
      spec: { rules: [{ host: "api.example" }] },
      status: { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } },
    },
  ]);
  ended(cluster, cluster.get("Job", "postgres-backup-1")!, { succeeded: false });
  const { code, stdout, stderr } = await runbook(cluster, ["status"]);
  t.is(stderr, "");
  t.deepEqual(stdout.split("\n"), [
    "bgc-platform (namespace data)",
    "  ok   StatefulSet postgres: 1 of 1 pods Ready",
    "  FAIL Deployment api: 1 of 2 pods Ready, api-b: container api CrashLoopBackOff, 4 restarts",
    "  ok   Service api: 8080, 1 of 2 pods answer",
    '  FAIL CronJob postgres-backup: "0 2 * * *" Etc/UTC, no success yet, postgres-backup-1 failed: BackoffLimitExceeded: Job has reached the specified backoff limit',
    '  FAIL CronJob engine: "0 2 * * *" Etc/UTC, no success yet, SUSPENDED by runbook since 2026-01-31T01:00Z',
    "  ?    volume unused: not measured, 1Gi, Pending, and nobody has used it yet",
    "  ok   volume data: 20Gi, Bound",
    "  ok   Ingress api: api.example at 203.0.113.7",
    "status of stack dev on here: 4 yes, 3 no, 1 not measured",
    "",
  ]);
  t.is(code, 1);
});

test("status of a sound system ends with 0, and what may not be seen is said and makes it 1 only with --strict (E15)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  t.is((await runbook(cluster, ["status", "--strict"])).code, 0);
  cluster.before = ({ path }) =>
    path.includes("/cronjobs")
      ? {
          status: 403,
          body: { kind: "Status", message: 'cronjobs.batch is forbidden: User "ana" cannot list resource "cronjobs"' },
        }
      : undefined;
  const { code, stdout } = await runbook(cluster, ["status"]);
  t.deepEqual(
    [code, stdout.split("\n").slice(1)],
    [
      0,
      [
        "  ok   StatefulSet postgres: 1 of 1 pods Ready",
        "  ok   Deployment api: 1 of 1 pods Ready",
        '  ?    jobs: not measured, cronjobs.batch is forbidden: User "ana" cannot list resource "cronjobs"',
        "status of stack dev on here: 2 yes, 1 not measured",
        "",
      ],
    ],
  );
  t.is((await runbook(cluster, ["status", "--strict"])).code, 1);
});

test("a schedule that the stack itself suspends is as declared", async (t) => {
  const declared = backupCronJob("engine");
  const cluster = await fakeCluster(t, [...platform(), { ...declared, spec: { ...declared["spec"], suspend: true } }]);
  const { code, stdout } = await runbook(cluster, ["status"]);
  t.is(code, 0);
  t.regex(stdout, /ok {3}CronJob engine: "0 2 \* \* \*" Etc\/UTC, no success yet, suspended, as the stack says\n/);
});

test("backups lists each run with the copy that it proved, its size and its end, and what failed with the reason (B10, X07)", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob(), run("good"), run("bad"), run("now")]);
  ended(cluster, cluster.get("Job", "good")!, { succeeded: true, message: proof });
  ended(cluster, cluster.get("Job", "bad")!, { succeeded: false });
  const { code, stdout } = await runbook(cluster, ["backups", "--json"]);
  const {
    facts: [fact],
    data,
  } = facts(stdout);
  t.deepEqual(
    data.toSorted((one: { job: string }, other: { job: string }) => one.job.localeCompare(other.job)),
    [
      {
        store: "postgres",
        job: "bad",
        state: "failed",
        started: "2026-01-31T02:00:00Z",
        error: "BackoffLimitExceeded: Job has reached the specified backoff limit",
      },
      {
        store: "postgres",
        job: "good",
        state: "verified",
        copy: "bgc-1",
        bytes: 1572864,
        started: "2026-01-31T02:00:00Z",
        ended: "2026-01-31T02:05:00Z",
      },
      { store: "postgres", job: "now", state: "running" },
    ],
  );
  t.is(fact!.about, "backup of postgres");
  t.is(code, fact!.answer === "no" ? 1 : 0);
  t.regex(fact!.detail, /^newest verified copy .* old \(bgc-1\), "0 2 \* \* \*" Etc\/UTC/);
});

test("a backup that is suspended or not there is no, and one that may not be looked at is not measured (X07)", async (t) => {
  const cronJob = backupCronJob();
  const cluster = await fakeCluster(t, [{ ...cronJob, spec: { ...cronJob["spec"], suspend: true } }]);
  const answer = async () => facts((await runbook(cluster, ["backups", "--json"])).stdout).facts;
  t.deepEqual(await answer(), [
    { about: "backup of postgres", answer: "no", detail: '"0 2 * * *" Etc/UTC, SUSPENDED' },
  ]);
  cluster.remove("CronJob", "postgres-backup");
  t.deepEqual(await answer(), [
    { about: "backup of postgres", answer: "no", detail: "the CronJob postgres-backup is not there" },
  ]);
  cluster.before = ({ path }) =>
    path.includes("/jobs") ? { status: 403, body: { kind: "Status", message: "jobs.batch is forbidden" } } : undefined;
  t.deepEqual(await answer(), [
    { about: "backups of bgc-platform", answer: "not measured", detail: "jobs.batch is forbidden" },
  ]);
});

const log = (name: string, restarted = false): Thing => ({
  kind: "Pod",
  metadata: { name, labels: { app: "api" } },
  spec: { containers: [{ name: "api" }] },
  status: {
    containerStatuses: [
      {
        name: "api",
        ready: true,
        restartCount: restarted ? 1 : 0,
        image: "",
        imageID: "",
        state: { running: {} },
        ...(restarted && { lastState: { terminated: { exitCode: 1, finishedAt: new Date().toISOString() } } }),
      },
    ],
  },
});

test("logs reads every line of every pod and of a restarted container, and counts equal ones once by kind (P12)", async (t) => {
  const cluster = await fakeCluster(t, [log("api-a", true), log("api-b")]);
  cluster.logs = {
    "api-a api":
      '2026-01-31T02:00:00.1Z {"level":"error","msg":"order 17 failed","err":{"message":"timeout"}}\n2026-01-31T02:00:00.2Z {"level":"info","msg":"0 errors, ERROR"}\n',
    "api-a api previous":
      "2026-01-31T01:59:00Z 2026-01-31 01:59:00.000 UTC [7] FATAL:  password of postgres://bgc:hunter2@pg/bgc is wrong\n",
    "api-b api":
      '2026-01-31T02:00:00.3Z {"level":"error","msg":"order 99 failed","err":{"message":"timeout"}}\n2026-01-31T02:00:00.4Z {"level":40,"msg":"slow"}\n',
  };
  const { code, stdout } = await runbook(cluster, ["logs", "bgc-platform"]);
  t.deepEqual(
    [code, stdout.split("\n")],
    [
      0,
      [
        "bgc-platform (namespace data)",
        "  api: 5 lines of 2 pods, 3 errors, 1 warnings",
        "  error        2  api (2 pods): order # failed: timeout",
        "  error        1  api: TIME [#] FATAL:  password of postgres://***@pg/bgc is wrong",
        "  warning      1  api: slow",
        "",
      ],
    ],
  );
  const lines = await runbook(cluster, ["logs", "bgc-platform", "--lines"]);
  t.is(
    lines.stdout.split("\n")[1],
    "2026-01-31T01:59:00Z api-a api: 2026-01-31 01:59:00.000 UTC [7] FATAL:  password of postgres://bgc:***@pg/bgc is wrong",
  );
});

test("too many errors an hour fail where the system names a number, and a log that cannot be read is not measured (P12)", async (t) => {
  const target = { ...shop, objectives: { errorsPerHour: 10 } };
  const cluster = await fakeCluster(t, [log("api-a")]);
  const answer = async (...args: string[]) => {
    const { code, stdout } = await runbook(cluster, ["logs", "--json", ...args], { targets: [target] });
    return [code, facts(stdout).facts.map(({ about, answer, detail }) => `${about}: ${answer}, ${detail}`)];
  };
  cluster.logs = { "api-a api": "2026-01-31T02:00:00Z ERROR x\n".repeat(10) };
  t.deepEqual(await answer(), [1, ["errors in the logs: no, 10.0 errors an hour, fewer than 10 are wanted"]]);
  t.deepEqual(await answer("--since", "2h"), [
    0,
    ["errors in the logs: yes, 5.0 errors an hour, fewer than 10 are wanted"],
  ]);
  cluster.before = ({ path }) =>
    path.includes("/log") ? { status: 403, body: { kind: "Status", message: "pods/log is forbidden" } } : undefined;
  const [code, unread] = await answer();
  t.deepEqual(
    [code, unread],
    [
      1,
      [
        "log of api-a api: not measured, pods/log is forbidden",
        "errors in the logs: not measured, only a part of the logs was read",
      ],
    ],
  );
});

test("verify names what is not as declared, and each objective that nothing measures (B17)", async (t) => {
  const cluster = await fakeCluster(t, [...platform(), backupCronJob()]);
  const { code, stdout } = await runbook(cluster, ["verify", "bgc-platform"], {
    targets: [
      {
        ...shop,
        workloads: [
          { kind: "StatefulSet", name: "postgres", replicas: 1 },
          { kind: "Deployment", name: "api", replicas: 2 },
        ],
      },
    ],
  });
  t.deepEqual(
    [code, stdout.split("\n").slice(0, 3)],
    [
      1,
      [
        "bgc-platform (namespace data)",
        "  ok   StatefulSet postgres: 1 of 1 pods Ready",
        "  FAIL Deployment api: 1 of 2 pods Ready",
      ],
    ],
  );
  t.true(
    stdout.includes("  ?    objective activeConnections 50: not measured, the stack has no metrics of it\n"),
    stdout,
  );
});

test("verify does not call broken what it may not look at", async (t) => {
  const cluster = await fakeCluster(t, platform());
  cluster.before = ({ path }) =>
    /statefulsets|deployments|cronjobs/.test(path)
      ? { status: 403, body: { kind: "Status", message: "forbidden" } }
      : undefined;
  const { code, stdout } = await runbook(cluster, ["verify", "--json"]);
  t.is(code, 1, "nothing measured proves nothing");
  t.deepEqual(
    facts(stdout).facts.map(({ about, answer }) => `${about}: ${answer}`),
    [
      "StatefulSet postgres: not measured",
      "Deployment api: not measured",
      "backup of postgres: not measured",
      "objective activeConnections 50: not measured",
    ],
  );
  cluster.before = ({ path }) =>
    /deployments/.test(path) ? { status: 403, body: { kind: "Status", message: "forbidden" } } : undefined;
  const one = { ...shop, dataStores: [], objectives: {} };
  t.is((await runbook(cluster, ["verify"], { targets: [one] })).code, 0);
  t.is((await runbook(cluster, ["verify", "--strict"], { targets: [one] })).code, 1);
});
