import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import { isRunOf } from "../../../../operations/runbook/jobs.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { ended, provingCronJob, runbook as command, shop, withoutIds } from "../../../support/runbook.ts";

const target: Target = {
  ...shop,
  workloads: [{ kind: "StatefulSet", name: "redis", replicas: 1 }],
  dataStores: [{ kind: "redis-state", name: "redis", service: "redis", port: 6379, backup: "redis-backup" }],
};
const server: readonly Thing[] = [
  {
    kind: "StatefulSet",
    metadata: { name: "redis" },
    spec: { replicas: 1, selector: { matchLabels: { app: "redis" } }, template: {} },
  },
  {
    kind: "Pod",
    metadata: {
      name: "redis-0",
      labels: { app: "redis" },
      ownerReferences: [{ kind: "StatefulSet", name: "redis", uid: "u", controller: true }],
    },
    spec: { containers: [{ name: "redis" }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  },
];
const copied = '{"verifiedCopy":"redis-20260131T080000Z-kept1","at":"2026-01-31T08:00:10Z","bytes":4096}';
const note =
  '{"restoredCopy":"redis-20260131T020000Z-abcde","at":"2026-01-31T08:01:00Z","proof":"7 keys, as many as the copy has"}';

/** Ends backups and restores as their controller and programs would; `restore` may fail, or say nothing. */
async function world(
  t: Parameters<typeof fakeCluster>[0],
  restore: { readonly succeeded: boolean; readonly message?: string } = { succeeded: true, message: note },
): Promise<FakeCluster> {
  const cluster = await fakeCluster(t, [provingCronJob("redis-backup"), ...server]);
  cluster.after = ({ method }, thing) => {
    if (thing.kind !== "Job") return;
    if (thing.metadata.name.startsWith("redis-restore-")) {
      if (method !== "POST") return;
      cluster.logs[`${thing.metadata.name}-pod verify`] =
        "FAILED: redis does not take the keys, and is as before: OOM\n";
      ended(cluster, thing, restore);
    } else if (method === "PATCH") ended(cluster, thing, { succeeded: true, message: copied });
  };
  return cluster;
}

const persistence = "# Persistence\r\naof_enabled:1\r\naof_last_write_status:ok\r\n";
const runbook = (cluster: FakeCluster, args: readonly string[], said = persistence) =>
  command(cluster, args, { targets: [target], exec: () => Promise.resolve({ succeeded: true, said }) });
const restore = ["restore", "bgc-platform", "redis", "--yes"];

test("a Redis is copied first, then given the keys of the newest copy from before, and its append-only file has them (G09)", async (t) => {
  const cluster = await world(t);
  const { code, stdout, stderr } = await runbook(cluster, restore);
  t.is(stderr, "");
  t.deepEqual(
    withoutIds(stdout)
      .split("\n")
      .map((line) => line.replace(/UID \S+/, "UID")),
    [
      "restore bgc-platform: context here, stack dev, namespace data",
      "  copy of redis: as scheduled → one more, of what is there now",
      "  keys of redis: in use → those of the newest copy from before, from one command to the next",
      "1/3 start Job redis-backup-RUN",
      "2/3 wait for Job redis-backup-RUN",
      "  Job redis-backup-RUN: complete",
      "3/3 run Job redis-restore-RUN",
      "  Job redis-restore-RUN: complete",
      "ok   keys of redis: redis-20260131T020000Z-abcde, 7 keys, as many as the copy has; what they were comes back with: npx runbook restore bgc-platform redis --copy redis-20260131T080000Z-kept1",
      "ok   append-only file of redis: written with each restored key, and the last write was ok",
      "done; evidence: kubectl get configmap -n data evidence-restore-RUN -o jsonpath='{.data.evidence\\.json}'",
      "",
    ],
  );
  t.is(code, 0);
});

test("the Job of a Redis' restore has the backup's login and way through the network, and is no run of it (G09, X07)", async (t) => {
  const cronJob = provingCronJob("redis-backup");
  const cluster = await world(t);
  t.is((await runbook(cluster, [...restore, "--copy", "redis-20260131T020000Z-abcde"])).code, 0);
  const [job] = cluster.all("Job").filter(({ metadata }) => metadata.name.startsWith("redis-restore-"));
  t.deepEqual(job!["spec"].template.metadata.labels, { app: "redis-backup" });
  t.false(isRunOf(job as unknown as V1Job, cronJob as unknown as V1CronJob));
  t.like(job!["spec"], { activeDeadlineSeconds: 60, backoffLimit: 0 });
  const { initContainers, containers } = job!["spec"].template.spec;
  t.is(initContainers, undefined);
  t.deepEqual(containers, [
    {
      name: "restore",
      image: "postgres:15",
      command: ["bash", "/scripts/restore.sh"],
      env: [
        { name: "BACKUPS", value: "/backups" },
        { name: "PGUSER", value: "backup" },
        { name: "COPY", value: "redis-20260131T020000Z-abcde" },
        { name: "KEPT", value: "redis-20260131T080000Z-kept1" },
      ],
      resources: { limits: { memory: "1Gi" } },
      volumeMounts: [
        { name: "scripts", mountPath: "/scripts" },
        { name: "tmp", mountPath: "/tmp" },
        { name: "backups", mountPath: "/backups", readOnly: true },
        { name: "credentials-backup", mountPath: "/credentials/backup" },
        { name: "scratch", mountPath: "/scratch" },
      ],
    },
  ]);
});

test("a Redis' restore that fails says that the keys are as before, and how to go on (G09)", async (t) => {
  const { code, stdout } = await runbook(await world(t, { succeeded: false }), restore);
  t.is(code, 1);
  t.true(
    withoutIds(stdout).includes(
      "    FAILED: redis does not take the keys, and is as before: OOM\n" +
        "the keys of redis are as before until Job redis-restore-RUN has ended well: kubectl logs -n data job/redis-restore-RUN. " +
        "Where that has, what they were comes back with the copy that Job redis-backup-RUN made of them: runbook backups bgc-platform redis names it, and restore takes it with --copy. " +
        "Otherwise the same command begins anew, and removes what this run left\nfailed; evidence: ",
    ),
    stdout,
  );
});

test("restored keys without a word of the Job, or without an append-only file, are not proven (G09)", async (t) => {
  const silent = await runbook(await world(t, { succeeded: true }), restore);
  t.is(silent.code, 1);
  t.regex(
    withoutIds(silent.stdout),
    /\nFAIL keys of redis: Job redis-restore-RUN is complete, and no pod of it says what it restored\n/,
  );
  const off = await runbook(await world(t), restore, "aof_enabled:0\r\naof_last_write_status:ok\r\n");
  t.is(off.code, 1);
  t.regex(off.stdout, /\nFAIL append-only file of redis: it is off, so a restart may lose what was restored\n/);
  const failing = await runbook(await world(t), restore, "aof_enabled:1\r\naof_last_write_status:err\r\n");
  t.is(failing.code, 1);
  t.regex(
    failing.stdout,
    /\nFAIL append-only file of redis: written with each restored key, and the last write was err\n/,
  );
});

test("a Redis' restore waits for a backup and for another restore, and goes back by a copy alone (G09)", async (t) => {
  const cluster = await world(t);
  const template = { metadata: { labels: { app: "redis-backup" } } };
  cluster.put({ kind: "Job", metadata: { name: "redis-backup-29000000" }, spec: { template } });
  cluster.put({
    kind: "Job",
    metadata: { name: "redis-restore-earlier", annotations: { "production-platform/restores": "redis" } },
    spec: { template },
  });
  const wait = (name: string) =>
    `  ${name} works on redis: wait for it, with kubectl wait -n data --for=condition=Complete job/${name} --timeout=2h\n`;
  const { code, stderr } = await runbook(cluster, restore);
  t.deepEqual(
    [code, stderr],
    [3, `refused, and nothing was changed:\n${wait("redis-backup-29000000")}${wait("redis-restore-earlier")}`],
  );
  const back = await runbook(cluster, [...restore, "--back", "redis-1"]);
  t.deepEqual([back.code, back.stderr], [2, "what redis held before a restore is a copy: name it with --copy\n"]);
  t.deepEqual(cluster.changes, []);
});
