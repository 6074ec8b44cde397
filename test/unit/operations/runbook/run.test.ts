import test from "ava";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { backupCronJob, ended, runbook, withoutIds } from "../../../support/runbook.ts";

/**
 * A Job that an update ran: `pulumi.com` annotations are for its provider, and the controller's labels for its own
 * pods.
 */
const declared: Thing = {
  kind: "Job",
  metadata: {
    name: "populate-countries-8c1f2a3b",
    labels: { app: "populate-countries" },
    annotations: {
      "pulumi.com/replaceUnready": "true",
      "production-platform/exception.X01-privileged": "reason; until=2026-12-31",
    },
  },
  spec: {
    activeDeadlineSeconds: 60,
    backoffLimit: 2,
    suspend: false,
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "1" } },
    template: {
      metadata: {
        labels: {
          app: "populate-countries",
          "batch.kubernetes.io/controller-uid": "1",
          "batch.kubernetes.io/job-name": "populate-countries-8c1f2a3b",
          "controller-uid": "1",
          "job-name": "x",
        },
      },
      spec: { containers: [{ name: "sql", image: "postgres:1" }], restartPolicy: "Never" },
    },
  },
  status: { conditions: [{ type: "Complete", status: "True" }] },
};

/** Ends each new Job that is not suspended. */
const finishing = (cluster: FakeCluster, succeeded: boolean) => {
  cluster.after = (_, thing) => {
    if (thing.kind === "Job" && !thing["spec"].suspend && thing["status"] === undefined)
      ended(cluster, thing, { succeeded });
  };
};

test("run makes a declared Job again from its own template, without what a controller or Pulumi wrote on it (B08, B09)", async (t) => {
  const cluster = await fakeCluster(t, [declared]);
  finishing(cluster, true);
  const { code, stdout } = await runbook(cluster, ["run", "bgc-platform", "populate-countries"]);
  t.is(code, 0, stdout);
  t.regex(
    withoutIds(stdout),
    /\n {2}Job populate-countries-RUN: not there → a run of Job populate-countries\n(?:.*\n)*ok {3}Job populate-countries-RUN: complete\ndone; evidence: /,
  );
  const made = cluster.all("Job").find(({ metadata }) => metadata.name !== declared.metadata.name)!;
  t.deepEqual(made.metadata["annotations"], {
    "production-platform/exception.X01-privileged": "reason; until=2026-12-31",
    "production-platform/run-of": "populate-countries",
  });
  t.deepEqual(made["spec"], {
    ttlSecondsAfterFinished: 86_400,
    activeDeadlineSeconds: 60,
    backoffLimit: 2,
    template: {
      metadata: { labels: { app: "populate-countries" }, annotations: {} },
      spec: { containers: [{ name: "sql", image: "postgres:1" }], restartPolicy: "Never" },
    },
  });
});

test("run of a schedule's job honours its lock, and stands in its list of active runs (E03)", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob("bots-engine")]);
  finishing(cluster, true);
  t.is((await runbook(cluster, ["run", "bgc-platform", "bots-engine"])).code, 0);
  t.is(
    cluster.get("CronJob", "bots-engine")!["status"].active.length,
    1,
    "the controller strikes it off, which this server has none of",
  );
  const { code, stdout } = await runbook(cluster, ["run", "bgc-platform", "bots-engine"]);
  t.is(code, 1);
  t.regex(
    withoutIds(stdout),
    /failed at 1\/2 start Job bots-engine-RUN: the schedule of bots-engine came first: bots-engine-RUN runs\. Nothing was started\n/,
  );
});

test("a job that runs already is named with the command that waits for it", async (t) => {
  const { status: _, ...running } = declared;
  const cluster = await fakeCluster(t, [running as Thing]);
  t.deepEqual(await runbook(cluster, ["run", "bgc-platform", "populate-countries"]), {
    code: 3,
    stdout: "",
    stderr:
      "refused, and nothing was changed:\n" +
      "  populate-countries runs already: populate-countries-8c1f2a3b. Wait for it: kubectl wait -n data --for=condition=Complete job/populate-countries-8c1f2a3b --timeout=30m\n",
  });
});

test("a run that fails ends with 1 and the reason, and a later one is free to start", async (t) => {
  const cluster = await fakeCluster(t, [declared]);
  finishing(cluster, false);
  const { code, stdout } = await runbook(cluster, ["run", "bgc-platform", "populate-countries"]);
  t.is(code, 1);
  t.regex(
    withoutIds(stdout),
    /failed at 2\/2 wait for Job populate-countries-RUN: Job populate-countries-RUN failed: BackoffLimitExceeded: Job has reached the specified backoff limit\n/,
  );
  finishing(cluster, true);
  t.is((await runbook(cluster, ["run", "bgc-platform", "populate-countries"])).code, 0);
});

test("suspend and resume put a schedule back as it was, and what the stack itself suspends is not resumed (E03)", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const spec = () => cluster.get("CronJob", "postgres-backup")!["spec"];
  const before = spec();
  const verb = (name: string) => runbook(cluster, [name, "bgc-platform", "postgres-backup", "--yes"]);
  t.is((await verb("suspend")).code, 0);
  t.deepEqual(spec(), { ...before, suspend: true });
  t.is(
    (await verb("suspend")).stderr,
    "refused, and nothing was changed:\n  postgres-backup is suspended already, by pulumi-kubernetes-1\n",
    "who wrote it is as this server was told",
  );
  const { code, stderr } = await verb("resume");
  t.deepEqual(
    { code, stderr },
    {
      code: 3,
      stderr:
        "refused, and nothing was changed:\n" +
        "  postgres-backup is suspended by the stack itself: change the setting in Pulumi.dev.yaml and run npm run up, or the next update suspends it again\n",
    },
  );
  const cronJob = cluster.get("CronJob", "postgres-backup")!;
  cluster.put({
    ...cronJob,
    metadata: {
      ...cronJob.metadata,
      managedFields: [{ manager: "runbook", operation: "Update", fieldsV1: { "f:spec": { "f:suspend": {} } } }],
    },
  });
  t.is((await verb("resume")).code, 0);
  t.deepEqual(spec(), before);
});

test("an API server that is away for a moment is waited for", async (t) => {
  const cluster = await fakeCluster(t, [declared]);
  finishing(cluster, true);
  let failures = 3;
  cluster.before = ({ method, path }) =>
    method === "GET" && /\/jobs\/populate-countries-\d{8}t/.test(path) && failures-- > 0
      ? { status: 503, body: { kind: "Status", message: "etcdserver: leader changed" } }
      : undefined;
  const { code, stdout } = await runbook(cluster, ["run", "bgc-platform", "populate-countries"]);
  t.is(code, 0, stdout);
  t.is(
    stdout.split("  the API server does not answer: etcdserver: leader changed\n").length,
    2,
    "said once for three failures",
  );
});

test("resume gives the field back to the stack, which may change it again (E03)", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const owners = () => cluster.get("CronJob", "postgres-backup")!.metadata["managedFields"] as object[];
  const before = owners();
  // The API server takes a field from its owner when another writer changes it.
  cluster.after = ({ method, body }, thing) => {
    if (method !== "PATCH" || body.spec === undefined) return;
    const fieldsV1 = { "f:spec": { "f:suspend": {} } };
    const emptied = { ...before[0], fieldsV1: { "f:spec": {} } };
    const managedFields = [emptied, { manager: "runbook", operation: "Update", fieldsV1 }];
    cluster.put({ ...thing, metadata: { ...thing.metadata, managedFields } });
  };
  const verb = (name: string) => runbook(cluster, [name, "bgc-platform", "postgres-backup", "--yes"]);
  t.is((await verb("suspend")).code, 0);
  t.deepEqual(owners().length, 2);
  t.is((await verb("resume")).code, 0);
  t.deepEqual(owners(), before);
  t.deepEqual(cluster.get("CronJob", "postgres-backup")!.metadata["annotations"], {});
});
