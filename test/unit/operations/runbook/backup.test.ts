import test from "ava";
import { fakeCluster, type FakeCluster } from "../../../support/fake-cluster.ts";
import { backupCronJob, ended, runbook, withoutIds } from "../../../support/runbook.ts";

const proof = '{"verifiedCopy":"bgc-1","at":"2026-01-31T02:04:00Z","bytes":1572864}';

/** Ends each Job once it is no longer suspended, as its controller and a program would. */
function finishing(cluster: FakeCluster, how: Parameters<typeof ended>[2]): void {
  cluster.after = ({ method }, thing) => {
    if (thing.kind === "Job" && method === "PATCH" && thing["spec"].suspend === false) ended(cluster, thing, how);
  };
}

test("backup waits for the run of the schedule's own template, and proves it by the copy that its pod names", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  finishing(cluster, { succeeded: true, message: proof });
  const { code, stdout, stderr } = await runbook(cluster, ["backup", "bgc-platform"]);
  t.is(stderr, "");
  t.deepEqual(
    withoutIds(stdout)
      .split("\n")
      .map((line) => line.replace(/UID \S+/, "UID")),
    [
      "backup bgc-platform: context here, stack dev, namespace data",
      "  copy of postgres: as scheduled → one more by Job postgres-backup-RUN of CronJob postgres-backup",
      "1/2 start Job postgres-backup-RUN",
      "2/2 wait for Job postgres-backup-RUN",
      "  Job postgres-backup-RUN: complete",
      "ok   copy of postgres: bgc-1, 1.5 MiB, restored and compared at 2026-01-31T02:04:00Z",
      "done; evidence: kubectl get configmap -n data evidence-backup-RUN -o jsonpath='{.data.evidence\\.json}'",
      "",
    ],
  );
  t.is(code, 0);
  const [job] = cluster.all("Job");
  t.like(job!.metadata, {
    annotations: { "cronjob.kubernetes.io/instantiate": "manual", "production-platform/run-of": "postgres-backup" },
    ownerReferences: [
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        name: "postgres-backup",
        uid: "uid-of-postgres-backup",
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  });
});

test("a run by hand stands in its CronJob's list of active runs before it starts, so that the schedule keeps to its lock (E03)", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const seen: unknown[] = [];
  cluster.after = ({ method }, thing) => {
    if (thing.kind !== "Job" || method !== "PATCH") return;
    seen.push(
      cluster
        .get("CronJob", "postgres-backup")!
        ["status"].active.map(({ uid }: { uid: string }) => uid === thing.metadata["uid"]),
    );
    ended(cluster, thing, { succeeded: true, message: proof });
  };
  t.is((await runbook(cluster, ["backup", "bgc-platform"])).code, 0);
  t.deepEqual(seen, [[true]]);
});

test("a run that the schedule starts in the same moment wins, and nothing of the run by hand is left (E03)", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  cluster.after = ({ method, path }, thing) => {
    if (thing.kind !== "Job" || method !== "POST" || !path.endsWith("/jobs")) return;
    cluster.put({
      ...cluster.get("CronJob", "postgres-backup")!,
      status: { active: [{ name: "postgres-backup-29000000", uid: "of-the-schedule" }] },
    });
  };
  const { code, stdout } = await runbook(cluster, ["backup", "bgc-platform"]);
  t.is(code, 1);
  t.true(
    withoutIds(stdout).includes(
      "failed at 1/2 start Job postgres-backup-RUN: the schedule of postgres-backup came first: postgres-backup-29000000 runs. Nothing was started\na Job that was started goes on in the cluster: runbook backups bgc-platform\n",
    ),
    stdout,
  );
  t.deepEqual(cluster.all("Job"), []);
});

test("a run that goes on already is a reason to refuse, and nothing is changed (E03)", async (t) => {
  const cluster = await fakeCluster(t, [
    backupCronJob(),
    {
      kind: "Job",
      metadata: {
        name: "postgres-backup-29000000",
        ownerReferences: [{ kind: "CronJob", uid: "uid-of-postgres-backup" }],
      },
      spec: { template: {} },
    },
  ]);
  const { code, stdout, stderr } = await runbook(cluster, ["backup", "bgc-platform"]);
  t.deepEqual(
    { code, stdout, stderr },
    {
      code: 3,
      stdout: "",
      stderr: [
        "refused, and nothing was changed:",
        "  postgres-backup runs already: postgres-backup-29000000. Follow it: kubectl wait -n data --for=condition=Complete job/postgres-backup-29000000 --timeout=2h",
        "",
      ].join("\n"),
    },
  );
  t.deepEqual(cluster.changes, []);
});

test("a complete Job without a verified copy is no backup, and ends with 1", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  finishing(cluster, { succeeded: true });
  const { code, stdout } = await runbook(cluster, ["backup", "bgc-platform"]);
  t.is(code, 1);
  t.regex(
    withoutIds(stdout),
    /\nFAIL copy of postgres: Job postgres-backup-RUN is complete, and no pod of it says that a copy was verified\nnot proven; evidence: /,
  );
});

test("a failed run ends with 1, the container, its exit code and its last words, without the password in an address", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  cluster.after = ({ method }, thing) => {
    if (thing.kind !== "Job" || method !== "PATCH") return;
    cluster.logs[`${thing.metadata.name}-pod verify`] =
      "restoring into postgres://bgc:hunter2@localhost/x\nFAILED: table a has 3 rows and not 4\n";
    ended(cluster, thing, { succeeded: false });
  };
  const { code, stdout } = await runbook(cluster, ["backup", "bgc-platform"]);
  t.is(code, 1);
  t.true(
    withoutIds(stdout).includes(
      [
        "failed at 2/2 wait for Job postgres-backup-RUN: Job postgres-backup-RUN failed: BackoffLimitExceeded: Job has reached the specified backoff limit",
        "  postgres-backup-RUN-pod: container verify ended with exit code 1",
        "    restoring into postgres://bgc:***@localhost/x",
        "    FAILED: table a has 3 rows and not 4",
      ].join("\n"),
    ),
    stdout,
  );
  t.false(JSON.stringify(cluster.all("ConfigMap")).includes("hunter2"));
});

test("an interrupted wait ends with 130, says that the Job goes on, and leaves the lease free", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const stop = new AbortController();
  const { code, stdout } = await runbook(cluster, ["backup", "bgc-platform"], {
    signal: stop.signal,
    hear: (text) => void (text.includes("has no pod yet") && stop.abort()),
  });
  t.is(code, 130);
  t.true(
    withoutIds(stdout).includes(
      [
        "interrupted at 2/2 wait for Job postgres-backup-RUN: while waiting for Job postgres-backup-RUN to end: Job postgres-backup-RUN has no pod yet",
        "a Job that was started goes on in the cluster: runbook backups bgc-platform",
        "interrupted; evidence: ",
      ].join("\n"),
    ),
    stdout,
  );
  t.is(cluster.all("Job").length, 1);
  t.is(cluster.get("Lease", "runbook-bgc-platform")!["spec"].holderIdentity, undefined);
});

test("a store without a backup is named with the nearest that has one, and a backup that is not there with the way to it", async (t) => {
  const cluster = await fakeCluster(t, []);
  t.deepEqual(await runbook(cluster, ["backup", "bgc-platform", "redis"]), {
    code: 2,
    stdout: "",
    stderr: 'bgc-platform has no backup of "redis"; the only one is "postgres"\n',
  });
  t.deepEqual(await runbook(cluster, ["backup", "bgc-platform"]), {
    code: 3,
    stdout: "",
    stderr:
      "refused, and nothing was changed:\n  the CronJob postgres-backup that copies postgres is not in namespace data: bring the stack up with npm run up\n",
  });
});
