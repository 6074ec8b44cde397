import type { V1CronJob, V1Job } from "@kubernetes/client-node";
import test from "ava";
import { isRunOf } from "../../../../operations/runbook/jobs.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { ended, provingCronJob, runbook, withoutIds } from "../../../support/runbook.ts";

const note = (milliseconds: readonly number[]) =>
  JSON.stringify({
    drilledCopy: "bgc-20260131T020000Z-abcde",
    at: "2026-01-31T08:00:00Z",
    milliseconds,
    proof: "2 tables restored with equal row counts",
  });

/** Ends each Job that is made, as its controller and its program would. */
function finishing(cluster: FakeCluster, how: Parameters<typeof ended>[2]): void {
  cluster.after = ({ method }, thing) => {
    if (thing.kind === "Job" && method === "POST") ended(cluster, thing, how);
  };
}

const drill = ["drill", "bgc-platform", "postgres"];

test("drill restores the newest copy in a scratch server and says what was compared and how long it took (B12, X07)", async (t) => {
  const cluster = await fakeCluster(t, [provingCronJob()]);
  finishing(cluster, { succeeded: true, message: note([12_340]) });
  const { code, stdout, stderr } = await runbook(cluster, drill);
  t.is(stderr, "");
  t.deepEqual(
    withoutIds(stdout)
      .split("\n")
      .map((line) => line.replace(/UID \S+/, "UID")),
    [
      "drill bgc-platform: context here, stack dev, namespace data",
      "  Job postgres-drill-RUN: not there → restores the newest verified copy of postgres in a scratch server of its own",
      "1/2 start Job postgres-drill-RUN",
      "2/2 wait for Job postgres-drill-RUN",
      "  Job postgres-drill-RUN: complete",
      "ok   restore of postgres: bgc-20260131T020000Z-abcde: 2 tables restored with equal row counts, in 12.3 s",
      "done; evidence: kubectl get configmap -n data evidence-drill-RUN -o jsonpath='{.data.evidence\\.json}'",
      "",
    ],
  );
  t.is(code, 0);
});

test("several restores of a named copy give the median and the worst time, and evidence keeps each in numbers (X07)", async (t) => {
  const cluster = await fakeCluster(t, [provingCronJob()]);
  finishing(cluster, { succeeded: true, message: note([4_000, 9_000, 2_000, 3_000]) });
  const { code, stdout } = await runbook(cluster, [...drill, "--copy", "bgc-20260131T020000Z-abcde", "--times", "4"]);
  t.is(code, 0, stdout);
  t.true(
    stdout.includes(
      ": not there → restores bgc-20260131T020000Z-abcde of postgres in a scratch server of its own, 4 times\n",
    ),
    stdout,
  );
  t.true(stdout.includes("2 tables restored with equal row counts, 4 times, median 3.5 s, worst 9.0 s\n"), stdout);
  const [evidence] = cluster.all("ConfigMap");
  t.deepEqual(JSON.parse(evidence!["data"]["evidence.json"]).result, {
    store: "postgres",
    drilledCopy: "bgc-20260131T020000Z-abcde",
    at: "2026-01-31T08:00:00Z",
    milliseconds: [4_000, 9_000, 2_000, 3_000],
    proof: "2 tables restored with equal row counts",
    median: 3_500,
    worst: 9_000,
  });
});

test("a drill runs the container that proves new copies, without a credential and without a way to change a copy (B11)", async (t) => {
  const cluster = await fakeCluster(t, [provingCronJob()]);
  finishing(cluster, { succeeded: true, message: note([1, 1]) });
  t.is((await runbook(cluster, [...drill, "--times", "2"])).code, 0);
  const [job] = cluster.all("Job") as [Thing];
  t.like(job["spec"], { activeDeadlineSeconds: 120, backoffLimit: 0, ttlSecondsAfterFinished: 86_400 });
  const { metadata, spec } = job["spec"].template;
  t.deepEqual(metadata.labels, { app: "postgres-backup-drill" });
  t.deepEqual(
    spec.volumes.map(({ name }: { name: string }) => name),
    ["scripts", "tmp", "backups", "scratch"],
  );
  t.is(spec.initContainers, undefined);
  t.deepEqual(spec.containers, [
    {
      name: "drill",
      image: "postgres:15",
      command: ["bash", "/scripts/drill.sh"],
      env: [
        { name: "BACKUPS", value: "/backups" },
        { name: "COPY", value: "newest" },
        { name: "TIMES", value: "2" },
      ],
      resources: { limits: { memory: "1Gi" } },
      volumeMounts: [
        { name: "scripts", mountPath: "/scripts" },
        { name: "tmp", mountPath: "/tmp" },
        { name: "backups", mountPath: "/backups", readOnly: true },
        { name: "scratch", mountPath: "/scratch" },
      ],
    },
  ]);
});

test("a drill is no run of the backup: it makes no copy look newer than it is (B10, X07)", async (t) => {
  const cronJob = provingCronJob();
  const cluster = await fakeCluster(t, [cronJob]);
  finishing(cluster, { succeeded: true, message: note([1]) });
  t.is((await runbook(cluster, drill)).code, 0);
  const [job] = cluster.all("Job");
  t.is(job!.metadata["ownerReferences"], undefined);
  t.false(isRunOf(job as unknown as V1Job, cronJob as unknown as V1CronJob));
  const { code, stdout } = await runbook(cluster, ["backups", "bgc-platform"]);
  t.is(code, 1, "no copy is known");
  t.regex(stdout, /FAIL backup of postgres: no verified copy is known, /);
});

test("a restore that fails ends with 1 and the script's last words, and says that nothing that serves was touched", async (t) => {
  const cluster = await fakeCluster(t, [provingCronJob()]);
  cluster.after = ({ method }, thing) => {
    if (thing.kind !== "Job" || method !== "POST") return;
    cluster.logs[`${thing.metadata.name}-pod verify`] = "FAILED: bgc-1: the dump does not restore\n";
    ended(cluster, thing, { succeeded: false });
  };
  const { code, stdout } = await runbook(cluster, drill);
  t.is(code, 1);
  t.true(
    withoutIds(stdout).includes(
      "    FAILED: bgc-1: the dump does not restore\n" +
        "nothing that serves was touched, and a Job that was started goes on in the cluster: kubectl logs -n data job/postgres-drill-RUN. To drill again: npx runbook drill bgc-platform postgres\nfailed; evidence: ",
    ),
    stdout,
  );
});

test("a complete Job that says nothing, or less than was asked, is not proven and ends with 1", async (t) => {
  const cluster = await fakeCluster(t, [provingCronJob()]);
  finishing(cluster, { succeeded: true });
  const silent = await runbook(cluster, drill);
  t.is(silent.code, 1);
  t.regex(
    withoutIds(silent.stdout),
    /\nFAIL restore of postgres: Job postgres-drill-RUN is complete, and no pod of it says what it restored\nnot proven; /,
  );
  finishing(cluster, { succeeded: true, message: note([1, 1]) });
  const less = await runbook(cluster, [...drill, "--times", "3"]);
  t.is(less.code, 1);
  t.regex(
    less.stdout,
    /\nFAIL restore of postgres: bgc-20260131T020000Z-abcde was restored 2 times, and not 3 times\nnot proven; /,
  );
});

test("a drill waits for a backup and for another drill of the same copies, and names both at once", async (t) => {
  const job = (name: string, more: object) => ({
    kind: "Job",
    metadata: { name, ...more },
    spec: { template: { metadata: { labels: { app: "postgres-backup-drill" } } } },
  });
  const cluster = await fakeCluster(t, [
    provingCronJob(),
    job("postgres-backup-29000000", { ownerReferences: [{ kind: "CronJob", uid: "uid-of-postgres-backup" }] }),
    job("postgres-drill-earlier", { annotations: { "production-platform/run-of": "postgres-backup" } }),
  ]);
  const wait = (name: string) =>
    `  ${name} works on the copies: wait for it, with kubectl wait -n data --for=condition=Complete job/${name} --timeout=2h\n`;
  t.deepEqual(await runbook(cluster, drill), {
    code: 3,
    stdout: "",
    stderr: `refused, and nothing was changed:\n${wait("postgres-backup-29000000")}${wait("postgres-drill-earlier")}`,
  });
  t.deepEqual(cluster.changes, []);
});

test("a store without a backup, a name that is no copy's and a number that is none are wrong usage", async (t) => {
  const cluster = await fakeCluster(t, [provingCronJob()]);
  const says = async (...args: string[]) => {
    const { code, stderr } = await runbook(cluster, ["drill", "bgc-platform", ...args]);
    return [code, stderr];
  };
  t.deepEqual(await says(), [2, "error: missing required argument 'store'\n"]);
  t.deepEqual(await says("redis"), [2, 'bgc-platform has no backup of "redis"; the only one is "postgres"\n']);
  t.deepEqual(await says("postgres", "--copy", "../incoming/x"), [
    2,
    '--copy "../incoming/x" is no name of a copy: they are like bgc-20260131T020000Z-abcde\n',
  ]);
  for (const times of ["0", "101", "two", "1.5"])
    t.deepEqual(await says("postgres", "--times", times), [2, `--times "${times}" is no whole number from 1 to 100\n`]);
  t.deepEqual(cluster.changes, []);
});

test("a backup that is not there is named with the way to it", async (t) => {
  t.deepEqual(await runbook(await fakeCluster(t, []), drill), {
    code: 3,
    stdout: "",
    stderr:
      "refused, and nothing was changed:\n  the CronJob postgres-backup that copies postgres is not in namespace data: bring the stack up with npm run up\n",
  });
});
