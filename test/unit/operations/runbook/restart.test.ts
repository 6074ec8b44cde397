import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import type { ExecIn } from "../../../../operations/runbook/exec.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { runbook, shop, withoutIds } from "../../../support/runbook.ts";

const probe = { periodSeconds: 10, failureThreshold: 3 };
const controller = (kind: string, name: string, replicas: number): Thing => ({
  kind,
  metadata: { name, generation: 3 },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 30, containers: [{ name, image: `${name}:1`, readinessProbe: probe }] },
    },
  },
  status: { observedGeneration: 3, readyReplicas: replicas },
});
const pod = (owner: string, app: string, name: string, ready = true): Thing => ({
  kind: "Pod",
  metadata: {
    name,
    labels: { app },
    ownerReferences: [{ apiVersion: "apps/v1", kind: owner, name: app, uid: `of-${app}`, controller: true }],
  },
  spec: { containers: [{ name: app }] },
  status: {
    phase: "Running",
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    containerStatuses: [{ name: app, ready, restartCount: 0, image: "", imageID: "", state: { running: {} } }],
  },
});
const platform = (): Thing[] => [
  controller("StatefulSet", "postgres", 1),
  pod("StatefulSet", "postgres", "postgres-0"),
  controller("Deployment", "api", 2),
  pod("ReplicaSet", "api", "api-a"),
  pod("ReplicaSet", "api", "api-b"),
  {
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "api" },
    spec: {
      minReplicas: 2,
      maxReplicas: 5,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" },
    },
  },
];

/**
 * Makes a pod for each that is evicted, as its controller does: of the same name in a StatefulSet. Returns the evicted
 * ones, in order.
 */
function replacing(cluster: FakeCluster, ready: (name: string) => boolean = () => true): string[] {
  const evicted: string[] = [];
  cluster.after = ({ path }, thing) => {
    if (!path.includes("/eviction")) return;
    evicted.push(thing.metadata.name);
    const [{ kind }] = thing.metadata["ownerReferences"];
    const app = thing.metadata["labels"].app as string;
    cluster.put(pod(kind, app, kind === "StatefulSet" ? thing.metadata.name : `${thing.metadata.name}2`, ready(app)));
  };
  return evicted;
}

test("a system is restarted in its start order, pod by pod, and proves that each pod is new and nothing declared was touched (B13)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  const evicted = replacing(cluster);
  const { code, stdout, stderr } = await runbook(cluster, ["restart", "bgc-platform", "--yes"]);
  t.is(stderr, "");
  t.deepEqual(withoutIds(stdout).split("\n"), [
    "restart bgc-platform: context here, stack dev, namespace data",
    "  StatefulSet postgres: 1 pod → new pods, one after another, each Ready before the next",
    "  Deployment api: 2 pods → new pods, one after another, each Ready before the next",
    "1/2 restart StatefulSet postgres",
    "  postgres-0 is asked to end",
    "  StatefulSet postgres: 1 of 1 pods Ready",
    "2/2 restart Deployment api",
    "  api-a is asked to end",
    "  Deployment api: 2 of 2 pods Ready",
    "  api-b is asked to end",
    "  Deployment api: 2 of 2 pods Ready",
    "ok   StatefulSet postgres: 1 of 1 pods Ready, none of them from before",
    "ok   StatefulSet postgres as declared: its form and its number of replicas are as before: an update has nothing to change",
    "ok   Deployment api: 2 of 2 pods Ready, none of them from before",
    "ok   Deployment api as declared: its form is as before: an update has nothing to change",
    "ok   autoscaler api: 2 to 5 pods",
    "done; evidence: kubectl get configmap -n data evidence-restart-RUN -o jsonpath='{.data.evidence\\.json}'",
    "",
  ]);
  t.is(code, 0);
  t.deepEqual(evicted, ["postgres-0", "api-a", "api-b"]);
  const changed = cluster.changes.filter((change) => !/leases|configmaps/.test(change));
  t.deepEqual(
    changed,
    ["postgres-0", "api-a", "api-b"].map((name) => `POST /api/v1/namespaces/data/pods/${name}/eviction`),
    "nothing but pods was asked to change",
  );
});

test("it stops at the first workload that does not come back, and the next ones are not touched (B13, T09)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  const evicted = replacing(cluster, (app) => app !== "postgres");
  const stop = new AbortController();
  const { code, stdout } = await runbook(cluster, ["restart", "bgc-platform", "--yes"], {
    signal: stop.signal,
    hear: (text) => void (/is not Ready/.test(text) && stop.abort()),
  }); // it would be waited for until its probes' time is up
  t.is(code, 130);
  t.true(
    stdout.includes(
      "interrupted at 1/2 restart StatefulSet postgres: while waiting for StatefulSet postgres to be Ready without postgres-0: StatefulSet postgres: 0 of 1 pods Ready, postgres-0: container postgres runs and is not Ready\n" +
        "what was restarted is new, the rest was not touched, and of 3 pods none is missing for good: their controllers make them again. See what holds it up: runbook status bgc-platform\n",
    ),
    stdout,
  );
  t.deepEqual(evicted, ["postgres-0"]);
});

test("a pod that its disruption budget holds is waited for, and the budget's words are said", async (t) => {
  const cluster = await fakeCluster(t, platform());
  replacing(cluster);
  let refusals = 2;
  cluster.before = ({ path }) =>
    path.includes("/postgres-0/eviction") && refusals-- > 0
      ? {
          status: 429,
          body: { kind: "Status", message: "Cannot evict pod as it would violate the pod's disruption budget." },
        }
      : undefined;
  const { code, stdout } = await runbook(cluster, ["restart", "bgc-platform", "postgres", "--yes"]);
  t.is(code, 0, stdout);
  t.is(
    stdout.split("  postgres-0 may not end yet: Cannot evict pod as it would violate the pod's disruption budget.\n")
      .length,
    2,
    "once for two refusals",
  );
});

test("a system with a broken workload is not restarted as a whole, and that one alone is (B13)", async (t) => {
  const cluster = await fakeCluster(t, [
    ...platform().filter(({ metadata }) => metadata.name !== "api-b"),
    pod("ReplicaSet", "api", "api-b", false),
  ]);
  const { code, stderr } = await runbook(cluster, ["restart", "bgc-platform", "--yes"]);
  t.deepEqual(
    { code, stderr },
    {
      code: 3,
      stderr:
        "refused, and nothing was changed:\n" +
        '  Deployment api: 1 of 2 pods Ready, api-b: container api runs and is not Ready: restart it alone first, with "runbook restart bgc-platform api"\n',
    },
  );
  const evicted = replacing(cluster);
  t.is((await runbook(cluster, ["restart", "bgc-platform", "api", "--yes"])).code, 0);
  t.deepEqual(evicted, ["api-b", "api-a"], "the broken one goes first, and the other serves meanwhile");
});

test("somebody else's change of a workload during a restart is seen, and the restart is not proven", async (t) => {
  const cluster = await fakeCluster(t, platform());
  const evicted = replacing(cluster);
  const { after } = cluster;
  cluster.after = (asked, thing) => {
    after(asked, thing);
    if (evicted.length !== 1) return;
    const postgres = cluster.get("StatefulSet", "postgres")!;
    cluster.put({
      ...postgres,
      spec: {
        ...postgres["spec"],
        template: {
          ...postgres["spec"].template,
          metadata: { labels: { app: "postgres" }, annotations: { "kubectl.kubernetes.io/restartedAt": "now" } },
        },
      },
    });
  };
  const { code, stdout } = await runbook(cluster, ["restart", "bgc-platform", "--yes"]);
  t.is(code, 1);
  t.true(
    stdout.includes("FAIL StatefulSet postgres as declared: somebody changed it while it was restarted\n"),
    stdout,
  );
});

test("of several Kafka brokers none is restarted before each says that it is in sync (T09)", async (t) => {
  const target: Target = {
    ...shop,
    workloads: [{ kind: "StatefulSet", name: "kafka", replicas: 3 }],
    dataStores: [{ kind: "kafka", name: "kafka", service: "kafka", port: 9092 }],
  };
  const brokers = (count: number) => [
    controller("StatefulSet", "kafka", count),
    ...Array.from({ length: count }, (_, index) => pod("StatefulSet", "kafka", `kafka-${index}`)),
  ];
  const cluster = await fakeCluster(t, brokers(3));
  const evicted = replacing(cluster);
  const asked: string[] = [];
  let behind = "kafka-1";
  const exec: ExecIn = ({ pod: name }, command) => {
    if (asked.length > 8) behind = "nobody"; // it caught up
    asked.push(`${name}: ${command.join(" ")}`);
    if (behind === "unknown") throw new Error("pods/exec is forbidden");
    return Promise.resolve(
      name === behind ? { succeeded: false, said: "not in sync yet: orders-0" } : { succeeded: true, said: "" },
    );
  };
  const restarting = () => runbook(cluster, ["restart", "bgc-platform", "--yes"], { targets: [target], exec });
  t.deepEqual(await restarting(), {
    code: 3,
    stdout: "",
    stderr: "refused, and nothing was changed:\n  Kafka's kafka-1: not in sync yet: orders-0\n",
  });
  t.deepEqual(
    asked,
    ["kafka-2", "kafka-1", "kafka-0"].map(
      (name) => `${name}: bash -c rm -f /tmp/in-sync; exec bash /scripts/in-sync.sh`,
    ),
  );
  behind = "unknown";
  t.deepEqual(
    (await restarting()).stderr.split("\n").slice(1, 3),
    ["kafka-2", "kafka-1"].map(
      (name) => `  Kafka's ${name} cannot be asked whether it is in sync: pods/exec is forbidden`,
    ),
  );
  t.deepEqual(evicted, []);
  behind = "nobody";
  const { after } = cluster;
  cluster.after = (request, thing) => {
    after(request, thing);
    if (thing.metadata.name === "kafka-2" && request.path.includes("/eviction"))
      [behind, asked.length] = ["kafka-2", 0]; // it came back, and lacks what was written meanwhile
  };
  const { code, stdout } = await restarting();
  t.is(code, 0, stdout);
  t.true(
    stdout.includes(
      "  StatefulSet kafka: 3 of 3 pods Ready\n  Kafka's kafka-2: not in sync yet: orders-0\n  all brokers are in sync\n  kafka-1 is asked to end\n",
    ),
    stdout,
  );
  t.deepEqual(evicted, ["kafka-2", "kafka-1", "kafka-0"]);
  const broken = await fakeCluster(t, [
    ...brokers(3).filter(({ metadata }) => metadata.name !== "kafka-0"),
    pod("StatefulSet", "kafka", "kafka-0", false),
  ]);
  const order = replacing(broken);
  const alone = await runbook(broken, ["restart", "bgc-platform", "kafka", "--yes"], {
    targets: [target],
    exec: ({ pod: name }) => Promise.resolve({ succeeded: name !== "kafka-0" || order.length > 0, said: "broken" }),
  });
  t.deepEqual(
    [alone.code, order],
    [0, ["kafka-0", "kafka-2", "kafka-1"]],
    "a broken broker answers nobody, and goes first",
  );
  const single = await fakeCluster(t, brokers(1));
  replacing(single);
  t.is(
    (await runbook(single, ["restart", "bgc-platform", "--yes"], { targets: [target] })).code,
    0,
    "a single broker has nobody to be behind of",
  );
});
