import test from "ava";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { runbook, shop, withoutIds } from "../../../support/runbook.ts";
import { controller, pod } from "../../../support/workload-things.ts";

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const day = (days: number) => daysAgo(days).slice(0, 10);

/** A Job that was run by hand, and ended so many days ago. */
const job = (name: string, of: string, days: number, succeeded = true, more: object = {}): Thing => ({
  kind: "Job",
  metadata: { name, annotations: { "production-platform/run-of": of }, ...more },
  spec: { template: {} },
  status: {
    ...(succeeded && { completionTime: daysAgo(days) }),
    conditions: [{ type: succeeded ? "Complete" : "Failed", status: "True", lastTransitionTime: daysAgo(days) }],
  },
});
const failed = (name: string, kind: string, days: number): Thing => ({
  kind: "Pod",
  metadata: { name, ownerReferences: [{ kind, name: "owner", uid: "owner", controller: true }] },
  status: { phase: "Failed", reason: "Evicted", startTime: daysAgo(days) },
});
const evidence = (name: string, verb: string, days: number): Thing => ({
  kind: "ConfigMap",
  metadata: { name, labels: { "production-platform/evidence": verb }, creationTimestamp: daysAgo(days) },
});
const things = (): Thing[] => [
  job("engine-new", "bots-engine", 8),
  job("engine-old", "bots-engine", 30),
  job("engine-failed-new", "bots-engine", 9, false),
  job("engine-failed-old", "bots-engine", 20, false),
  job("engine-young", "countries", 1),
  job("countries-of-stack", "bots-engine", 40, true, { managedFields: [{ manager: "pulumi-kubernetes-1" }] }),
  { kind: "Job", metadata: { name: "migrations-8c1f2a" }, spec: { template: {} }, status: job("x", "y", 50)["status"] },
  { kind: "Job", metadata: { name: "runs", annotations: { "production-platform/run-of": "bots-engine" } }, spec: {} },
  failed("api-evicted", "ReplicaSet", 10),
  failed("api-evicted-today", "ReplicaSet", 0),
  failed("engine-pod", "Job", 10),
  evidence("evidence-restart-new", "restart", 9),
  evidence("evidence-restart-old", "restart", 60),
  evidence("evidence-backup-only", "backup", 90),
  { kind: "ConfigMap", metadata: { name: "settings", creationTimestamp: daysAgo(90) } },
];
const gone = (cluster: FakeCluster) =>
  things()
    .filter(({ kind, metadata }) => cluster.get(kind, metadata.name) === undefined)
    .map(({ metadata }) => metadata.name);

test("cleanup removes ended runs by hand, pods that were thrown out and old evidence, and keeps what is declared, runs, is young or the newest of its kind (E15)", async (t) => {
  const cluster = await fakeCluster(t, things());
  const { code, stdout } = await runbook(cluster, ["cleanup", "bgc-platform", "--yes"]);
  t.is(code, 0, stdout);
  t.deepEqual(
    withoutIds(stdout)
      .split("\n")
      .filter((line) => line.includes("→")),
    [
      `  ConfigMap evidence-restart-old: evidence since ${day(60)} → gone`,
      `  Job engine-old: complete since ${day(30)} → gone`,
      `  Job engine-failed-old: failed since ${day(20)} → gone`,
      `  Pod api-evicted: Evicted since ${day(10)} → gone`,
    ],
  );
  t.deepEqual(gone(cluster), ["engine-old", "engine-failed-old", "api-evicted", "evidence-restart-old"]);
});

test("cleanup of a clean system has nothing to do and says so, and a dry run removes nothing (E15)", async (t) => {
  const cluster = await fakeCluster(t, things());
  const { code, stdout } = await runbook(cluster, ["cleanup", "bgc-platform", "--older-than", "25d", "--dry-run"]);
  t.deepEqual([code, stdout.split("\n").filter((line) => line.includes("→")).length, gone(cluster)], [0, 2, []]);
  const clean = await runbook(cluster, ["cleanup", "bgc-platform", "--older-than", "365d", "--yes"]);
  t.is(clean.code, 0);
  t.regex(clean.stdout, /\nok {3}leftovers: there were none\n/);
  t.deepEqual(gone(cluster), []);
});

test("what cannot be removed is not proven, and ends with 1 (E15)", async (t) => {
  const cluster = await fakeCluster(t, things());
  cluster.before = ({ method, path }) =>
    method === "DELETE" && path.includes("/pods/api-evicted")
      ? { status: 403, body: { kind: "Status", message: "a webhook refuses it" } }
      : undefined;
  const { code, stdout } = await runbook(cluster, ["cleanup", "bgc-platform", "--yes"]);
  t.is(code, 1);
  t.regex(stdout, /\nfailed at 4\/4 remove Pod api-evicted: a webhook refuses it\n/);
});

test("EDI's imported files of more than thirty days go, and only those (E15)", async (t) => {
  const target = { ...shop, workloads: [{ kind: "Deployment", name: "bots-webserver", replicas: 1 } as const] };
  const cluster = await fakeCluster(t, [controller("Deployment", "bots-webserver", 1), pod("web-a", "bots-webserver")]);
  const commands: string[] = [];
  let sizes = "1048576\n524288\n";
  const clean = (...more: string[]) =>
    runbook(cluster, ["cleanup", "bgc-platform", ...more], {
      targets: [target],
      exec: ({ pod: at, container }, command) => {
        commands.push(`${at} ${container}: ${command.join(" ")}`);
        const said = sizes;
        if (command.includes("-delete")) sizes = "";
        return Promise.resolve({ succeeded: true, said: command.includes("-delete") ? "" : said });
      },
    });
  const { code, stdout } = await clean("--yes");
  t.is(code, 0, stdout);
  t.regex(stdout, /\n {2}imported files: 2 of more than 30 days, 1\.5 MiB → gone\n/);
  t.regex(stdout, /\nok {3}imported files: 0 of more than 30 days\n/);
  const find = "web-a bots-webserver: find /home/bots/.bots/botssys/data -type f -name *.old -mtime +30";
  t.deepEqual([...new Set(commands)], [`${find} -printf %s\\n`, `${find} -delete`]);
  const wrong = await clean("--files-older-than", "30d");
  t.deepEqual([wrong.code, wrong.stderr], [2, '--files-older-than "30d" is no number of days\n']);
});
