import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import type { ExecIn } from "../../../../operations/runbook/exec.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { ended, provingCronJob, runbook as command, shop, withoutIds } from "../../../support/runbook.ts";

const target: Target = {
  ...shop,
  workloads: [
    { kind: "StatefulSet", name: "postgres", replicas: 1 },
    { kind: "Deployment", name: "redis", replicas: 1 },
    { kind: "Deployment", name: "api", replicas: 2 },
  ],
  dataStores: [
    { ...shop.dataStores[0]!, database: "bgc", user: "bgc" },
    shop.dataStores[1]!,
    { kind: "mysql", name: "orders", service: "mysql", port: 3306, backup: "orders-backup" },
  ],
};

const controller = (kind: string, name: string, replicas: number): Thing => ({
  kind,
  metadata: { name, generation: 1 },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: `${name}:1` }] } },
  },
  status: { observedGeneration: 1 },
});
const pod = (kind: string, app: string, name: string, podIP: string): Thing => ({
  kind: "Pod",
  metadata: {
    name,
    labels: { app },
    ownerReferences: [{ apiVersion: "apps/v1", kind, name: app, uid: `of-${app}`, controller: true }],
  },
  spec: { containers: [{ name: app }] },
  status: { phase: "Running", podIP, conditions: [{ type: "Ready", status: "True" }] },
});
/** The Job of an update, as it ended. */
const declaredJob = (name: string, user: string): Thing => ({
  kind: "Job",
  metadata: { name: `${name}-8c1f2a3b`, labels: { app: name } },
  spec: {
    template: {
      metadata: { labels: { app: name, "batch.kubernetes.io/job-name": `${name}-8c1f2a3b` } },
      spec: {
        serviceAccountName: name,
        restartPolicy: "Never",
        containers: [
          {
            name: "provision",
            image: "postgres:15",
            command: ["bash", "/scripts/provision.sh"],
            env: [{ name: "PGUSER", value: user }],
            resources: { limits: { memory: "256Mi" } },
            volumeMounts: [{ name: "superuser", mountPath: "/credentials/superuser" }],
          },
        ],
        volumes: [{ name: "superuser" }],
      },
    },
  },
  status: { conditions: [{ type: "Complete", status: "True" }] },
});
const platform = (): Thing[] => [
  provingCronJob(),
  declaredJob("postgres-provision", "postgres"),
  declaredJob("bgc-migrations", "bgc"),
  controller("StatefulSet", "postgres", 1),
  pod("StatefulSet", "postgres", "postgres-0", "10.0.0.1"),
  controller("Deployment", "redis", 1),
  pod("ReplicaSet", "redis", "redis-a", "10.0.0.2"),
  controller("Deployment", "api", 2),
  pod("ReplicaSet", "api", "api-a", "10.0.0.3"),
  pod("ReplicaSet", "api", "api-b", "10.0.0.4"),
];

const note = JSON.stringify({
  restoredCopy: "bgc-20260131T020000Z-abcde",
  at: "2026-01-31T08:00:00Z",
  oid: 20,
  proof: "2 tables with the row counts of the copy",
});

/** A server, the controllers of workloads and those of Jobs, in a cluster of a test. */
interface World {
  readonly cluster: FakeCluster;
  /** Databases of the server: their names by their identity. */
  readonly databases: Map<number, string>;
  readonly sessions: string[];
  free: number;
  /** What happened, in its order. */
  readonly done: string[];
  /** Steps that fail: `restore`, `swap` or `migrations`. */
  readonly failing: Set<string>;
}

async function world(t: Parameters<typeof fakeCluster>[0], things = platform()): Promise<World> {
  const cluster = await fakeCluster(t, things);
  const databases = new Map([
    [1, "postgres"],
    [10, "bgc"],
  ]);
  const all: World = { cluster, databases, sessions: [], free: 10_000_000, done: [], failing: new Set() };
  cluster.after = ({ method, path, body }, thing) => {
    if (path.includes("/scale")) scaled(all, thing, body.spec.replicas as number);
    if (thing.kind === "Job" && method === "POST") ran(all, thing);
  };
  return all;
}

function scaled({ cluster, done }: World, { metadata: { name } }: Thing, replicas: number): void {
  done.push(`${name} ${replicas}`);
  for (const { metadata } of cluster.all("Pod"))
    if (metadata["labels"].app === name) cluster.remove("Pod", metadata.name);
  for (let index = 0; index < replicas; index++)
    cluster.put(pod("ReplicaSet", name, `${name}-${index}`, `10.0.1.${index}`));
}

/** Does what the program of a Job does. */
function ran({ cluster, databases, done, failing }: World, job: Thing): void {
  const [{ command: [, path = ""] = [], env }] = job["spec"].template.spec.containers;
  const what = job.metadata.name.startsWith("bgc-migrations") ? "migrations" : /(\w+)\.sh$/.exec(path)![1]!;
  const value = (wanted: string) => env.find(({ name }: { name: string }) => name === wanted)?.value as string;
  done.push(what);
  if (failing.has(what)) {
    cluster.logs[`${job.metadata.name}-pod verify`] = `FAILED: the reason of ${what}\n`;
    ended(cluster, job, { succeeded: false });
    return;
  }
  if (what === "restore") {
    for (const [oid, name] of databases) if (value("LEFT").split(" ").includes(name)) databases.delete(oid);
    databases.set(20, value("NEW"));
  }
  if (what === "swap") {
    const oidOf = (wanted: string) => [...databases].find(([, name]) => name === value(wanted))![0];
    const [old, next] = [oidOf("DATABASE"), oidOf("NEW")];
    databases.set(old, value("KEPT"));
    databases.set(next, value("DATABASE"));
  }
  ended(cluster, job, { succeeded: true, ...(what === "restore" && { message: note }) });
}

const runbook = (
  { cluster, databases, sessions, ...rest }: World,
  args: readonly string[],
  more: Parameters<typeof command>[2] = {},
) => {
  const exec: ExecIn = (_, [, , , , database]) =>
    Promise.resolve({
      succeeded: true,
      said: [
        ...[...databases].map(([oid, name]) => `database|${oid}|${name}`),
        ...sessions.map((session) => `session|${session}`),
        ...([...databases.values()].includes(database!) ? ["size|1000000"] : []),
        `free|  ${rest.free}`,
      ].join("\n"),
    });
  return command(cluster, args, { targets: [target], exec, ...more });
};
const restore = ["restore", "bgc-platform", "postgres", "--yes"];
const times = (text: string) => withoutIds(text).replaceAll(/\d{8}t\d{6}/g, "TIME");

test("restore loads a copy beside the database in use, swaps the names while nobody uses it, and puts everything back (B12, B14)", async (t) => {
  const all = await world(t);
  const { code, stdout, stderr } = await runbook(all, restore);
  t.is(stderr, "");
  t.deepEqual(
    times(stdout)
      .split("\n")
      .map((line) => line.replace(/UID \S+/, "UID")),
    [
      "restore bgc-platform: context here, stack dev, namespace data",
      "  database bgc_restored_TIME: not there → the newest verified copy, compared table by table",
      "  Deployment redis: runs → stopped while the data is exchanged, and started again",
      "  Deployment api: runs → stopped while the data is exchanged, and started again",
      "  database bgc: in use → what bgc_restored_TIME is; what it is now is kept as bgc_before_TIME",
      "  Job bgc-migrations: has run → runs again, for a copy from before it",
      "1/7 run Job postgres-restore-RUN",
      "  Job postgres-restore-RUN: complete",
      "2/7 stop Deployment api",
      "  Deployment api: 0 pods",
      "3/7 stop Deployment redis",
      "  Deployment redis: 0 pods",
      "4/7 run Job postgres-swap-RUN",
      "  Job postgres-swap-RUN: complete",
      "5/7 run Job bgc-migrations-RUN",
      "  Job bgc-migrations-RUN: complete",
      "6/7 start Deployment redis",
      "  Deployment redis: 1 of 1 pods Ready",
      "7/7 start Deployment api",
      "  Deployment api: 2 of 2 pods Ready",
      "ok   database bgc: bgc-20260131T020000Z-abcde, 2 tables with the row counts of the copy",
      "ok   database bgc_before_TIME: what bgc was; it goes back with: npx runbook restore bgc-platform postgres --back bgc_before_TIME",
      "ok   Deployment redis: 1 of 1 pods Ready",
      "ok   Deployment api: 2 of 2 pods Ready",
      "done; evidence: kubectl get configmap -n data evidence-restore-RUN -o jsonpath='{.data.evidence\\.json}'",
      "",
    ],
  );
  t.is(code, 0);
  t.deepEqual(all.done, ["restore", "api 0", "redis 0", "swap", "migrations", "redis 1", "api 2"]);
  t.is(all.databases.get(20), "bgc");
  t.regex(all.databases.get(10)!, /^bgc_before_\d{8}t\d{6}$/);
});

test("the Jobs of a restore log in as the one that provisions the server, read the copies and cannot change one (B12)", async (t) => {
  const all = await world(t);
  t.is((await runbook(all, [...restore, "--copy", "bgc-20260131T020000Z-abcde"])).code, 0);
  const [load] = all.cluster.all("Job").filter(({ metadata }) => metadata.name.startsWith("postgres-restore-"));
  t.deepEqual(load!["spec"].template.metadata.labels, { app: "postgres-provision" });
  t.like(load!["spec"], { activeDeadlineSeconds: 60, backoffLimit: 0, ttlSecondsAfterFinished: 86_400 });
  const { containers, volumes, serviceAccountName } = load!["spec"].template.spec;
  t.is(serviceAccountName, "postgres-provision");
  t.deepEqual(volumes, [{ name: "superuser" }, { name: "backups" }]);
  const [{ env, ...container }] = containers;
  t.deepEqual(container, {
    name: "restore",
    image: "postgres:15",
    command: ["bash", "/scripts/restore.sh"],
    resources: { limits: { memory: "512Mi" } },
    volumeMounts: [
      { name: "superuser", mountPath: "/credentials/superuser" },
      { name: "backups", mountPath: "/backups", readOnly: true },
    ],
  });
  t.deepEqual(
    env.map(({ name, value }: Record<string, string>) => [name, name === "NEW" ? times(value!) : value]),
    [
      ["PGUSER", "postgres"],
      ["COPY", "bgc-20260131T020000Z-abcde"],
      ["NEW", "bgc_restored_TIME"],
      ["OWNER", "bgc"],
      ["LEFT", ""],
      ["BACKUPS", "/backups"],
    ],
  );
});

test("somebody who works in the database and is not stopped is named, and so is a lack of room; nothing is changed (B12)", async (t) => {
  const all = await world(t);
  all.sessions.push("10.0.0.3|bgc|api", "10.0.9.9|bgc|psql", "|postgres|");
  all.free = 1_100_000;
  const { code, stdout, stderr } = await runbook(all, restore);
  t.deepEqual([code, stdout], [3, ""]);
  const other = (who: string) =>
    `  somebody works in bgc who would go on in the old one, and whom this command does not stop: ${who}\n`;
  t.is(
    stderr,
    "refused, and nothing was changed:\n" +
      "  a second copy of bgc needs 1.1 MiB, and the volume of postgres has 1.0 MiB left: drop a database that a restore kept, or give it a larger volume\n" +
      other("bgc (psql) from 10.0.9.9") +
      other("postgres (a program without a name) from the server itself"),
  );
  t.deepEqual(all.cluster.changes, []);
});

const goOn =
  "bgc serves as before until Job postgres-swap-RUN has ended well: kubectl logs -n data job/postgres-swap-RUN. " +
  "Where that has, what it was goes back with: npx runbook restore bgc-platform postgres --back bgc_before_TIME. " +
  "Otherwise the same command begins anew, and removes what this run left. " +
  "What should run and does not: kubectl scale -n data deployment/redis --replicas=1 && kubectl scale -n data deployment/api --replicas=2\n";

test("a load that fails leaves the database in use and what uses it alone, and says how to go on (B12)", async (t) => {
  const all = await world(t);
  all.failing.add("restore");
  const { code, stdout } = await runbook(all, restore);
  t.is(code, 1);
  t.true(times(stdout).includes(`    FAILED: the reason of restore\n${goOn}failed; evidence: `), stdout);
  t.deepEqual(all.done, ["restore"]);
  t.is(all.databases.get(10), "bgc");
});

test("a swap that fails puts back what was stopped, and the old database serves on (B12)", async (t) => {
  const all = await world(t);
  all.failing.add("swap");
  const { code, stdout } = await runbook(all, restore);
  t.is(code, 1);
  t.true(
    times(stdout).includes(
      `    FAILED: the reason of swap\nDeployment api is put back to 2 pods\nDeployment redis is put back to 1 pod\n${goOn}failed; evidence: `,
    ),
    stdout,
  );
  t.deepEqual(all.done, ["restore", "api 0", "redis 0", "swap", "api 2", "redis 1"]);
  t.is(all.databases.get(10), "bgc");
});

test("a workload that cannot be put back is named with the reason, and the others are put back all the same (B12)", async (t) => {
  const all = await world(t);
  all.failing.add("swap");
  all.cluster.before = ({ path, body }) =>
    path.includes("/api/scale") && body.spec.replicas === 2
      ? { status: 403, body: { kind: "Status", message: "the quota is full" } }
      : undefined;
  const { code, stdout } = await runbook(all, restore);
  t.is(code, 1);
  t.true(
    times(stdout).includes(
      `\nDeployment api could not be put back: the quota is full\nDeployment redis is put back to 1 pod\n${goOn}`,
    ),
    stdout,
  );
  t.is(all.done.at(-1), "redis 1");
});

test("migrations that fail behind the swap are said, what was stopped runs again, and the way back is named (B14)", async (t) => {
  const all = await world(t);
  all.failing.add("migrations");
  const { code, stdout } = await runbook(all, restore);
  t.is(code, 1);
  t.true(
    times(stdout).includes(`Deployment api is put back to 2 pods\nDeployment redis is put back to 1 pod\n${goOn}`),
    stdout,
  );
  t.deepEqual(all.done.slice(-3), ["migrations", "api 2", "redis 1"]);
});

test("a person who stops it while pods end has them put back, and exit code 130 (B12)", async (t) => {
  const all = await world(t);
  const stop = new AbortController();
  const { code, stdout } = await runbook(all, restore, {
    signal: stop.signal,
    hear: (text) => void (text.includes("2/7 stop Deployment api") && stop.abort()),
  });
  t.is(code, 130);
  t.true(times(stdout).includes(`\nDeployment api is put back to 2 pods\n${goOn}interrupted; evidence: `), stdout);
  t.deepEqual(all.done, ["restore", "api 0", "api 2"]);
  t.is(all.databases.get(10), "bgc");
});

test("a run that was killed is taken up by the next one: its load is removed, and what it left stopped is started (B12)", async (t) => {
  const all = await world(t);
  all.databases.set(15, "bgc_restored_20260131t010203");
  all.databases.set(16, "bgc_restored_by_ana");
  scaled(all, all.cluster.get("Deployment", "api")!, 0);
  all.cluster.put({ ...all.cluster.get("Deployment", "api")!, spec: { ...controller("", "api", 0)["spec"] } });
  all.done.length = 0;
  const { code, stdout } = await runbook(all, restore);
  t.is(code, 0, stdout);
  t.true(
    stdout.includes("  database bgc_restored_20260131t010203: left by a run that was cut short → removed\n"),
    stdout,
  );
  t.true(
    stdout.includes("  Deployment api: has no pod → stopped while the data is exchanged, and started again\n"),
    stdout,
  );
  t.false(all.databases.has(15));
  t.is(all.databases.get(16), "bgc_restored_by_ana", "what a person named is not ours");
  t.deepEqual(all.done.slice(-2), ["redis 1", "api 2"]);
});

test("a restored database goes back in one line, without a load and without migrations (B12)", async (t) => {
  const all = await world(t);
  t.is((await runbook(all, restore)).code, 0);
  const kept = all.databases.get(10)!;
  all.done.length = 0;
  const wrong = await runbook(all, [...restore, "--back", "bgc_befor"]);
  t.deepEqual(
    [wrong.code, times(wrong.stderr)],
    [2, 'no restore kept a database "bgc_befor"; the only one is "bgc_before_TIME"\n'],
  );
  const { code, stdout } = await runbook(all, [...restore, "--back", kept]);
  t.is(code, 0, stdout);
  t.deepEqual(all.done, ["api 0", "redis 0", "swap", "redis 1", "api 2"]);
  t.is(all.databases.get(10), "bgc");
  t.regex(all.databases.get(20)!, /^bgc_undone_\d{8}t\d{6}$/);
});

test("a swap that another database came out of is not proven (B12)", async (t) => {
  const all = await world(t);
  const { after } = all.cluster;
  all.cluster.after = (asked, thing) => {
    after(asked, thing);
    if (all.databases.get(20) === "bgc") {
      all.databases.delete(20);
      all.databases.set(30, "bgc");
    }
  };
  const { code, stdout } = await runbook(all, restore);
  t.is(code, 1);
  t.regex(stdout, /\nFAIL database bgc: it is not the one that was restored\n/);
});

test("all that is missing is said at once: the backup, the provisioning, a Ready server; and a run that goes on (B12)", async (t) => {
  const empty = await world(t, [controller("StatefulSet", "postgres", 1)]);
  t.deepEqual(await runbook(empty, restore), {
    code: 3,
    stdout: "",
    stderr:
      "refused, and nothing was changed:\n" +
      "  the CronJob postgres-backup that copies postgres is not in namespace data: bring the stack up with npm run up\n" +
      "  the Job postgres-provision-<hash>, whose login is used, is not in namespace data: bring the stack up with npm run up\n" +
      "  Postgres postgres has no Ready pod: it has no pod\n",
  });
  const busy = await world(t);
  busy.databases.delete(10);
  busy.cluster.put({
    kind: "Job",
    metadata: {
      name: "postgres-restore-earlier",
      annotations: { "production-platform/run-of": "postgres-provision" },
    },
    spec: { template: {} },
  });
  const { code, stderr } = await runbook(busy, restore);
  t.deepEqual(
    [code, stderr],
    [
      3,
      "refused, and nothing was changed:\n" +
        "  postgres-restore-earlier works on postgres: wait for it, with kubectl wait -n data --for=condition=Complete job/postgres-restore-earlier --timeout=2h\n" +
        '  the server of postgres has no database bgc: make an empty one with "npx runbook run bgc-platform postgres-provision", and restore then\n',
    ],
  );
  t.deepEqual([...empty.cluster.changes, ...busy.cluster.changes], []);
});

test("KEDA, which starts what has no pod, is to be paused first; an autoscaler of Kubernetes rests by itself", async (t) => {
  const autoscaler = (name: string, owners: object[]): Thing => ({
    kind: "HorizontalPodAutoscaler",
    metadata: { name, ownerReferences: owners },
    spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" } },
  });
  const all = await world(t, [...platform(), autoscaler("api", [])]);
  t.is((await runbook(all, [...restore, "--dry-run"])).code, 0);
  all.cluster.put(autoscaler("keda-hpa-api", [{ apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", name: "api" }]));
  t.deepEqual((await runbook(all, restore)).stderr.split("\n").slice(1, 2), [
    "  KEDA would start api of bgc-platform again: pause it with kubectl annotate -n data scaledobject/api autoscaling.keda.sh/paused=true, and take the annotation off afterwards",
  ]);
});

test("a store of another product is refused in one sentence, and wrong names are wrong usage", async (t) => {
  const all = await world(t);
  const says = async (...args: string[]) => {
    const { code, stderr } = await runbook(all, ["restore", "bgc-platform", ...args, "--yes"]);
    return [code, stderr];
  };
  t.deepEqual(await says("orders"), [
    3,
    'refused, and nothing was changed:\n  restore knows no way to exchange the data of orders (mysql) in one step; that a copy of it can be restored says "runbook drill bgc-platform orders"\n',
  ]);
  t.deepEqual(await says("redis"), [
    2,
    'bgc-platform has no backup of "redis"; the nearest is "orders"; there are orders, postgres\n',
  ]);
  t.deepEqual(await says("postgres", "--copy", "a", "--back", "b"), [2, "--copy and --back exclude each other\n"]);
  t.deepEqual(all.cluster.changes, []);
});

test("without a terminal a restore refuses, and a dry run shows the plan and changes nothing", async (t) => {
  const all = await world(t);
  const asked = await runbook(all, restore.slice(0, -1));
  t.is(asked.code, 3);
  t.regex(asked.stderr, /it disturbs what runs, and there is no terminal to ask on/);
  const dry = await runbook(all, [...restore, "--dry-run"]);
  t.is(dry.code, 0);
  t.regex(dry.stdout, /dry run: nothing was changed\n$/);
  t.deepEqual([all.cluster.changes, all.done], [[], []]);
});
