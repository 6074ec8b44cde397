import { join } from "node:path";
import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import type { Fact } from "../../../../operations/runbook/fact.ts";
import { verbs } from "../../../../operations/runbook/verbs/index.ts";
import { checkout } from "../../../../scripts/support/checkout.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { backupCronJob, runbook, shop, withoutIds } from "../../../support/runbook.ts";

const suspended = (cluster: FakeCluster) => cluster.get("CronJob", "postgres-backup")!["spec"].suspend as boolean;
const suspend = ["suspend", "bgc-platform", "postgres-backup"];

test("missing rights are named all at once, before anything else is looked at", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  cluster.rules = [
    { apiGroups: ["batch"], resources: ["cronjobs", "jobs"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["configmaps"], verbs: ["*"] },
  ];
  t.deepEqual(await runbook(cluster, ["backup", "bgc-platform"]), {
    code: 3,
    stdout: "",
    stderr:
      "refused, and nothing was changed:\n" +
      "  you may not, in namespace data: update cronjobs/status.batch, create jobs.batch, patch jobs.batch, delete jobs.batch, list pods, get pods/log, get leases.coordination.k8s.io, " +
      'create leases.coordination.k8s.io, update leases.coordination.k8s.io. "runbook rights backup" prints a Role with all that backup needs\n',
  });
});

test("an authorizer that cannot list its rules is asked about each right that it did not list", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const asked: string[] = [];
  cluster.before = ({ path, body }) => {
    if (path.endsWith("/selfsubjectrulesreviews"))
      return {
        status: 201,
        body: {
          ...body,
          status: {
            incomplete: true,
            nonResourceRules: [],
            resourceRules: [{ apiGroups: ["batch", ""], resources: ["*"], verbs: ["*"] }],
          },
        },
      };
    if (!path.endsWith("/selfsubjectaccessreviews")) return undefined;
    const { verb, group, resource } = body.spec.resourceAttributes as Record<string, string>;
    asked.push(`${verb} ${resource}.${group}`);
    return { status: 201, body: { ...body, status: { allowed: verb !== "update" } } };
  };
  const { code, stderr } = await runbook(cluster, [...suspend, "--dry-run"]);
  t.deepEqual(asked.sort(), [
    "create leases.coordination.k8s.io",
    "get leases.coordination.k8s.io",
    "update leases.coordination.k8s.io",
  ]);
  t.is(code, 3);
  t.regex(stderr, /you may not, in namespace data: update leases\.coordination\.k8s\.io\. /);
});

test("a dry run shows the plan, asks nobody and changes nothing", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const { code, stdout } = await runbook(cluster, [...suspend, "--dry-run"], {
    ask: () => Promise.reject(new Error("asked")),
  });
  t.deepEqual(
    { code, stdout },
    {
      code: 0,
      stdout: [
        "suspend bgc-platform: context here, stack dev, namespace data",
        '  CronJob postgres-backup "0 2 * * *" Etc/UTC: runs as scheduled → suspended',
        "dry run: nothing was changed",
        "",
      ].join("\n"),
    },
  );
  t.deepEqual(cluster.changes, []);
});

test("without a terminal a verb that disturbs refuses with the line that does not ask", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const { code, stderr } = await runbook(cluster, suspend);
  t.is(code, 3);
  t.is(
    withoutIds(stderr),
    "refused, and nothing was changed:\n  it disturbs what runs, and there is no terminal to ask on. With --yes it does not ask: " +
      "npx runbook suspend bgc-platform postgres-backup --context here --outputs OUTPUTS --yes\n",
  );
  t.deepEqual(cluster.changes, []);
  t.is((await runbook(cluster, [...suspend, "--yes"])).code, 0);
  t.true(suspended(cluster));
});

test("the question wants the system's name, and any other word changes nothing", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const questions: string[] = [];
  const answering = (word: string) => ({
    ask: (question: string) => (questions.push(question), Promise.resolve(word)),
  });
  const { code, stdout, stderr } = await runbook(cluster, suspend, answering("yes"));
  t.is(code, 3);
  t.is(stderr, 'refused, and nothing was changed:\n  "yes" is not bgc-platform\n');
  t.regex(stdout, /^suspend bgc-platform: context here, stack dev, namespace data\n/);
  t.deepEqual(cluster.changes, []);
  t.is((await runbook(cluster, suspend, answering("bgc-platform\n"))).code, 0);
  t.deepEqual(new Set(questions), new Set(["This disturbs what runs. Type the system's name to go on: "]));
  t.true(suspended(cluster));
});

/** The lease of another run, renewed so many seconds ago. */
const lease = (seconds: number): Thing => ({
  kind: "Lease",
  metadata: {
    name: "runbook-bgc-platform",
    annotations: {
      "production-platform/step": "2/5 restart Deployment api",
      "production-platform/line": "npx runbook restart bgc-platform",
    },
  },
  spec: {
    holderIdentity: "ana@laptop restart 20260131t020000-9f3a",
    leaseDurationSeconds: 60,
    leaseTransitions: 4,
    renewTime: new Date(Date.now() - seconds * 1000).toISOString().replace("Z", "000Z"),
  },
});

test("a system that another run works on is left alone, and that run is named with its step", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob(), lease(10)]);
  const { code, stderr } = await runbook(cluster, [...suspend, "--yes"]);
  t.is(code, 3);
  t.regex(
    stderr,
    /another run works on bgc-platform: ana@laptop restart 20260131t020000-9f3a, renewed 1\d s ago, at: 2\/5 restart Deployment api\. Wait for it to end, and run the command again\n$/,
  );
  t.deepEqual(cluster.changes, []);
});

test("the lease of a run that died is taken over, and where it ended is said first", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob(), lease(90)]);
  const { code, stdout } = await runbook(cluster, [...suspend, "--yes"]);
  t.is(code, 0);
  t.regex(
    stdout,
    /\nan earlier run was cut short: ana@laptop restart 20260131t020000-9f3a, at: 2\/5 restart Deployment api, 9\d s ago; its command was: npx runbook restart bgc-platform\. Its lease is taken over\n1\/1 suspend /,
  );
  t.like(cluster.get("Lease", "runbook-bgc-platform")!["spec"], { leaseTransitions: 5 });
});

test("of two runs that take a free lease in the same moment one is refused", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob(), lease(90)]);
  cluster.before = ({ method, path }) => {
    if (method === "PUT" && path.includes("/leases/")) cluster.put(lease(0));
    return undefined;
  };
  const { code, stderr } = await runbook(cluster, [...suspend, "--yes"]);
  t.deepEqual(
    { code, stderr },
    {
      code: 3,
      stderr:
        "refused, and nothing was changed:\n  another run works on bgc-platform: it came first by a moment. Wait for it to end, and run the command again\n",
    },
  );
  t.false(suspended(cluster));
});

test("a run whose lease another has taken over stops before its next step, and leaves that lease alone", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob(), backupCronJob("redis-backup")]);
  cluster.after = ({ method }, thing) => {
    if (thing.kind === "CronJob" && method === "PATCH") cluster.put(lease(0));
  };
  const { code, stdout } = await runbook(cluster, [...suspend, "redis-backup", "--yes"]);
  t.is(code, 1);
  t.true(
    stdout.includes(
      "failed at 2/2 suspend CronJob redis-backup: another run took the lease data/runbook-bgc-platform over\n",
    ),
    stdout,
  );
  t.false(cluster.get("CronJob", "redis-backup")!["spec"].suspend);
  t.is(cluster.get("Lease", "runbook-bgc-platform")!["spec"].holderIdentity, "ana@laptop restart 20260131t020000-9f3a");
});

test("what changed while the question was open ends the run before it changes anything", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const { code, stderr } = await runbook(cluster, suspend, {
    ask: () => {
      const cronJob = cluster.get("CronJob", "postgres-backup")!;
      cluster.put({ ...cronJob, spec: { ...cronJob["spec"], schedule: "0 3 * * *" } });
      return Promise.resolve("bgc-platform");
    },
  });
  t.is(code, 3);
  t.regex(
    stderr,
    /what runs has changed since the plan was shown\. Nothing was changed; run the command again: npx runbook suspend /,
  );
  t.false(suspended(cluster));
});

test("evidence says who did what with which proof, cannot be changed, and the oldest go beyond twenty", async (t) => {
  const old = Array.from(
    { length: 21 },
    (_, index): Thing => ({
      kind: "ConfigMap",
      metadata: {
        name: `evidence-${index % 2 ? "backup" : "restart"}-202501${String(index + 1).padStart(2, "0")}t000000-0000`,
        labels: { "production-platform/evidence": "backup" },
      },
    }),
  );
  const cluster = await fakeCluster(t, [
    backupCronJob(),
    ...old,
    { kind: "ConfigMap", metadata: { name: "settings" } },
  ]);
  const { code, stdout } = await runbook(cluster, [...suspend, "--yes", "--json"]);
  t.is(code, 0);
  const line = JSON.parse(stdout) as Record<string, unknown>;
  const kept = cluster.get("ConfigMap", String(line["kept"]))!;
  t.like(kept, { immutable: true, metadata: { labels: { "production-platform/evidence": "suspend" } } });
  t.deepEqual({ ...JSON.parse(kept["data"]["evidence.json"]), kept: line["kept"] }, line);
  t.like(line, {
    verb: "suspend",
    system: "bgc-platform",
    namespace: "data",
    context: "here",
    stack: "dev",
    state: "done",
    before: { "postgres-backup": { suspend: false } },
    plan: [{ object: 'CronJob postgres-backup "0 2 * * *" Etc/UTC', from: "runs as scheduled", to: "suspended" }],
    steps: [{ name: "suspend CronJob postgres-backup", seconds: 0, result: "suspended" }],
    facts: [{ about: "CronJob postgres-backup", answer: "yes", detail: "suspended" }],
  });
  t.regex(String(line["who"]), /^\S+@\S+$/);
  t.false(JSON.stringify(cluster.all("ConfigMap")).includes("secret-token"), "what opens the cluster");
  t.deepEqual(cluster.all("ConfigMap").length, 21, "twenty of evidence, and one that is none");
  t.deepEqual(
    old
      .filter(({ metadata }) => cluster.get("ConfigMap", metadata.name) === undefined)
      .map(({ metadata }) => metadata.name),
    ["evidence-restart-20250101t000000-0000", "evidence-backup-20250102t000000-0000"],
  );
});

test("a step that fails ends with 1 and is in the evidence, whatever step it is", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob(), backupCronJob("redis-backup")]);
  for (const [failing, done] of [
    ["postgres-backup", 1],
    ["redis-backup", 2],
  ] as const) {
    cluster.before = ({ method, path }) =>
      method === "PATCH" && path.includes(`/cronjobs/${failing}`)
        ? { status: 422, body: { kind: "Status", message: "the object is invalid" } }
        : undefined;
    const { code, stdout } = await runbook(cluster, [
      "suspend",
      "bgc-platform",
      "postgres-backup",
      "redis-backup",
      "--yes",
      "--json",
    ]);
    t.is(code, 1);
    const evidence = JSON.parse(stdout) as { state: string; steps: { result: string }[]; facts: unknown[] };
    t.deepEqual(
      [evidence.state, evidence.steps.length, evidence.steps.at(-1)!.result, evidence.facts],
      ["failed", done, "the object is invalid", []],
    );
    cluster.put({ ...cluster.get("CronJob", "postgres-backup")!, spec: backupCronJob()["spec"] });
  }
});

test("a change that the cluster takes and does not keep is not proven, and ends with 1", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  cluster.after = (_, thing) =>
    void (thing.kind === "CronJob" && cluster.put({ ...thing, spec: { ...thing["spec"], suspend: false } }));
  const { code, stdout } = await runbook(cluster, [...suspend, "--yes"]);
  t.is(code, 1);
  t.regex(withoutIds(stdout), /\nFAIL CronJob postgres-backup: runs as scheduled\nnot proven; evidence: /);
});

test("a wrong verb, system, option or job is wrong usage, and the nearest is named", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob(), backupCronJob("bots-engine")]);
  const other = { ...shop, system: "bots-edi" };
  for (const [args, says] of [
    [["backpu", "bgc-platform"], /^error: unknown command 'backpu'\n\(Did you mean backup/],
    [["backup"], /^error: missing required argument 'system'\n$/],
    [
      ["backup", "bgc-platfrom"],
      /^stack dev has no system "bgc-platfrom"; the nearest is "bgc-platform"; there are bgc-platform, bots-edi\n$/,
    ],
    [["status", "bgc-platform", "--yes"], /^error: unknown option '--yes'/],
    [
      ["suspend", "bgc-platform", "postgres-bakcup"],
      /^bgc-platform has no job "postgres-bakcup"; the nearest is "postgres-backup"; there are bots-engine, postgres-backup\n$/,
    ],
    [["run", "bgc-platform"], /^name a job of bgc-platform: bots-engine, postgres-backup\n$/],
    [["logs", "bgc-platform", "--since", "often"], /^--since "often" is no duration: write 30m, 2h or 1d\n$/],
    [
      ["restart", "bgc-platform", "appi"],
      /^bgc-platform has no workload "appi"; the nearest is "api"; there are api, postgres\n$/,
    ],
  ] as const) {
    const { code, stdout, stderr } = await runbook(cluster, args, { targets: [shop, other] });
    t.deepEqual([code, stdout], [2, ""], args.join(" "));
    t.regex(stderr, says);
  }
  t.deepEqual(cluster.changes, []);
});

test("who may do nothing is told so by every verb: one that acts changes nothing and ends with 3, one that reads has measured nothing and ends with 1", async (t) => {
  const whole: Target = {
    ...shop,
    workloads: [
      ...shop.workloads,
      { kind: "StatefulSet", name: "kafka", replicas: 1 },
      { kind: "StatefulSet", name: "state", replicas: 1 },
    ],
    dataStores: [
      ...shop.dataStores,
      { kind: "kafka", name: "kafka", service: "kafka", port: 9092 },
      { kind: "redis-state", name: "state", service: "state", port: 6379 },
    ],
  };
  const cluster = await fakeCluster(t, [backupCronJob()]);
  cluster.rules = [];
  cluster.before = ({ path }) =>
    /kube-system|selfsubject/.test(path) ? undefined : { status: 403, body: { kind: "Status", message: "forbidden" } };
  // What is watched is said without a cluster.
  for (const { name, kind } of verbs.filter((verb) => verb.kind !== "prints" && verb.name !== "alerts")) {
    const { code, stdout, stderr } = await runbook(
      cluster,
      [
        name,
        "bgc-platform",
        ...({
          suspend: ["postgres-backup"],
          resume: ["postgres-backup"],
          drill: ["postgres"],
          restore: ["postgres"],
          scale: ["api", "3"],
          maintenance: ["on"],
        }[name] ?? []),
        ...(kind === "reads" ? ["--json"] : ["--yes"]),
      ],
      { targets: [whole] },
    );
    t.is(code, kind === "reads" ? 1 : 3, name);
    if (kind === "reads")
      t.deepEqual(
        (JSON.parse(stdout).systems[0].facts as Fact[]).filter(
          ({ about, answer }) => answer !== "not measured" && about !== "your rights", // those are measured: there are none
        ),
        [],
        name,
      );
    else t.regex(stderr, /^refused, and nothing was changed:\n {2}you may not, in namespace data: /, name);
  }
  t.deepEqual(cluster.changes, []);
});

test("a cluster that does not answer ends with 3 and is named", async (t) => {
  const cluster = await fakeCluster(t, []);
  await cluster.stop();
  for (const verb of [["status"], ["backup", "bgc-platform"], ["restart", "bgc-platform", "--yes"]]) {
    const { code, stderr } = await runbook(cluster, verb);
    t.is(code, 3, verb[0]);
    t.regex(
      stderr,
      /^the API server of context "here" \(http:\/\/127\.0\.0\.1:\d+\) does not answer: .*\. Start it, or name another with --context\n$/,
    );
  }
});

test("a stack that was not brought up from here is named with both ways, and a file that holds no outputs with its path", async (t) => {
  const cluster = await fakeCluster(t, []);
  const bare = (...args: string[]) => runbook(cluster, ["status", "--context", "here", ...args], { bare: true });
  t.deepEqual(await bare("--stack", "prod"), {
    code: 3,
    stdout: "",
    stderr:
      "refused, and nothing was changed:\n" +
      '  stack prod was not brought up from here, so nothing says what its systems are: run "npm run up -- --stack prod"; for a stack of your own Pulumi, ' +
      'write "pulumi stack output --json --stack prod" to a file, and name it with --outputs and the cluster with --context\n',
  });
  t.deepEqual(await bare("--outputs", cluster.kubeconfig.replace("config", "nothing")).then(({ code }) => code), 2);
  const { code, stderr } = await bare("--outputs", join(checkout, "LICENSE"));
  t.is(code, 2);
  t.true(
    stderr.startsWith(`--outputs ${join(checkout, "LICENSE")} is not what "pulumi stack output --json" writes: `),
    stderr,
  );
});

test("a refusal and a failure are a line of JSON too", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const refused = await runbook(cluster, ["resume", "bgc-platform", "postgres-backup", "--json"]);
  t.deepEqual(
    [refused.code, JSON.parse(refused.stdout)],
    [3, { verb: "resume", refused: ["postgres-backup is not suspended"] }],
  );
  const wrong = await runbook(cluster, ["resume", "bgc-platfrom", "postgres-backup", "--json"]);
  t.deepEqual(
    [wrong.code, JSON.parse(wrong.stdout)],
    [2, { verb: "resume", error: 'stack dev has no system "bgc-platfrom"; the only one is "bgc-platform"' }],
  );
});
