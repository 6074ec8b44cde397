import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import { pageObjects } from "../../../../operations/runbook/maintenance-page.ts";
import { fromManifest } from "../../../../policies/model/kubernetes-object.ts";
import { evaluate } from "../../../../policies/engine/judge.ts";
import { parseSettings } from "../../../../policies/engine/settings.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { backupCronJob, runbook, shop, withoutIds } from "../../../support/runbook.ts";
import { stackVariant } from "../../../support/stack-variant.ts";
import { controller, pod } from "../../../support/workload-things.ts";

const target: Target = {
  ...shop,
  workloads: [...shop.workloads, { kind: "Deployment", name: "web", replicas: 1 }],
};
const pulumi = (field: string, more: object = {}) => ({
  manager: "pulumi-kubernetes-1",
  operation: "Apply",
  apiVersion: "apps/v1",
  fieldsV1: { "f:spec": { ...more, [`f:${field}`]: {} } },
});
const declared = (thing: Thing, field: string): Thing => ({
  ...thing,
  metadata: { ...thing.metadata, managedFields: [pulumi(field, { "f:template": {} })] },
});
const rules = [
  {
    host: "shop.example",
    http: {
      paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 8080 } } } }],
    },
  },
];
const platform = (): Thing[] => [
  controller("StatefulSet", "postgres", 1),
  pod("postgres-0", "postgres"),
  { ...controller("Deployment", "api", 2), metadata: { name: "api", generation: 1, managedFields: [] } },
  pod("api-a", "api"),
  pod("api-b", "api"),
  declared(controller("Deployment", "web", 1), "replicas"),
  pod("web-a", "web"),
  declared(
    { kind: "Ingress", metadata: { name: "web" }, spec: { rules, tls: [{ hosts: ["shop.example"] }] } },
    "rules",
  ),
  declared({ ...backupCronJob("engine"), metadata: { name: "engine", uid: "uid-of-engine" } }, "suspend"),
  backupCronJob(),
  {
    kind: "ScaledObject",
    metadata: { name: "api", annotations: { "validations.keda.sh/hpa-ownership": "false" } },
    spec: { minReplicaCount: 2 },
  },
  {
    kind: "NetworkPolicy",
    metadata: { name: "web" },
    spec: {
      ingress: [
        { from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }] },
        { from: [{ podSelector: { matchLabels: { app: "other" } } }] },
      ],
    },
  },
];

/**
 * What the controllers do, and what the API server writes down about who owns a field: it takes a field from its owner
 * when another writer changes it.
 */
function working(cluster: FakeCluster): void {
  cluster.after = ({ method, path, body }, thing) => {
    if (method === "PATCH" && body.spec && body.metadata?.managedFields === undefined) {
      const fields = Object.keys(body.spec).map((field) => `f:${field}`);
      const others = (thing.metadata["managedFields"] ?? [])
        .filter(({ manager }: { manager: string }) => manager !== "runbook")
        .map((entry: any) => ({
          ...entry,
          fieldsV1: {
            "f:spec": Object.fromEntries(
              Object.entries(entry.fieldsV1["f:spec"]).filter(([field]) => !fields.includes(field)),
            ),
          },
        }));
      const own = { manager: new URL(path, "http://x").searchParams.get("fieldManager"), operation: "Update" };
      const spec = Object.fromEntries(fields.map((field) => [field, {}]));
      cluster.put({
        ...thing,
        metadata: { ...thing.metadata, managedFields: [...others, { ...own, fieldsV1: { "f:spec": spec } }] },
      });
    }
    if (thing.kind !== "Deployment") return;
    const { name } = thing.metadata;
    const pods = cluster.all("Pod").filter(({ metadata }) => metadata["labels"].app === name);
    const replicas = cluster.get("Deployment", name)!["spec"].replicas as number;
    for (const { metadata } of pods.slice(replicas)) cluster.remove("Pod", metadata.name);
    for (let index = pods.length; index < replicas; index++) cluster.put(pod(`${name}-new-${index}`, name));
  };
}

const maintain = (cluster: FakeCluster, way: string, ...more: string[]) =>
  runbook(cluster, ["maintenance", "bgc-platform", way, ...more], { targets: [target] });
/** All that a stack declared, with who owns its fields, as an update compares it. */
const asDeclared = (cluster: FakeCluster) =>
  ["Deployment", "Ingress", "CronJob", "ScaledObject", "NetworkPolicy", "Service"].flatMap((kind) =>
    cluster.all(kind).map(({ metadata, spec }) => ({
      name: `${kind} ${metadata.name}`,
      annotations: metadata["annotations"] ?? {},
      owners: metadata["managedFields"] ?? [],
      spec,
    })),
  );

test("maintenance shows a page, stops programs and schedules, holds autoscalers, and lets stores and copies run (P10)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  working(cluster);
  const { code, stdout } = await maintain(cluster, "on", "--yes");
  t.is(code, 0, stdout);
  t.deepEqual(
    withoutIds(stdout)
      .split("\n")
      .filter((line) => line.includes("→") || line.startsWith("ok")),
    [
      "  Ingress web: leads to the system → leads to the maintenance page",
      "  ScaledObject api: scales → rests",
      "  CronJob engine: runs as scheduled → suspended",
      "  Deployment web: runs → 0 pods",
      "  Deployment api: runs → 0 pods",
      "ok   Ingress web: leads to the maintenance page",
      "ok   ScaledObject api: rests",
      "ok   CronJob engine: suspended",
      "ok   Deployment web: 0 pods",
      "ok   Deployment api: 0 pods",
      "ok   jobs: none that writes runs",
      "ok   maintenance page: Deployment maintenance-page: 1 of 1 pods Ready",
    ],
  );
  t.deepEqual(
    cluster.all("Pod").map(({ metadata }) => metadata.name),
    ["postgres-0", "maintenance-page-new-0"],
  );
  t.false(cluster.get("CronJob", "postgres-backup")!["spec"].suspend);
  t.is(cluster.get("ScaledObject", "api")!.metadata["annotations"]["autoscaling.keda.sh/paused"], "true");
  const [{ http }] = cluster.get("Ingress", "web")!["spec"].rules;
  t.deepEqual(http.paths, [
    { path: "/", pathType: "Prefix", backend: { service: { name: "maintenance-page", port: { number: 8080 } } } },
  ]);
  t.deepEqual(
    cluster.get("NetworkPolicy", "maintenance-page")!["spec"].ingress,
    [
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
        ports: [{ port: 8080, protocol: "TCP" }],
      },
    ],
    "who came in before, and nobody else",
  );
  const { stdout: seen } = await runbook(cluster, ["status"], { targets: [target] });
  t.regex(seen, /\n {2}FAIL Deployment web: stopped for maintenance since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n/);
});

test("off puts every field, every annotation and every owner of a field back: an update has nothing to change (P10)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  working(cluster);
  const before = asDeclared(cluster);
  t.is((await maintain(cluster, "on", "--yes")).code, 0);
  t.notDeepEqual(asDeclared(cluster), before);
  const { code, stdout } = await maintain(cluster, "off", "--yes");
  t.is(code, 0, stdout);
  t.deepEqual(asDeclared(cluster), before);
  t.true(stdout.includes("\nok   held: nothing is\nok   maintenance page: gone\n"), stdout);
  t.deepEqual(
    cluster
      .all("Pod")
      .map(({ metadata }) => metadata["labels"].app)
      .sort(),
    ["api", "api", "maintenance-page", "postgres", "web"],
    "the page's pod goes with its Deployment, which this server has no controller for",
  );
});

test("maintenance that is on is refused a second time, and off where nothing is held (P10)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  working(cluster);
  const early = await maintain(cluster, "off", "--yes");
  t.deepEqual(
    [early.code, early.stderr],
    [3, "refused, and nothing was changed:\n  bgc-platform is not in maintenance\n"],
  );
  await maintain(cluster, "on", "--yes");
  const changes = cluster.changes.length;
  const { code, stderr } = await maintain(cluster, "on", "--yes");
  t.is(code, 3);
  t.regex(
    stderr,
    /\n {2}bgc-platform is in maintenance since \S+Z: end it with runbook maintenance bgc-platform off\n$/,
  );
  t.is(cluster.changes.length, changes);
  const wrong = await maintain(cluster, "perhaps");
  t.deepEqual([wrong.code, wrong.stderr], [2, '"perhaps" is neither on nor off\n']);
});

test("wherever on was cut short, off puts all back, and on goes on from there (P10)", async (t) => {
  const writes = 8;
  for (let cut = 1; cut <= writes; cut++) {
    for (const way of ["off", "on"]) {
      const cluster = await fakeCluster(t, platform());
      working(cluster);
      const before = asDeclared(cluster);
      let left = cut;
      cluster.before = ({ method, path }) =>
        method !== "GET" && !/leases|reviews/.test(path) && left-- <= 0
          ? { status: 403, body: { kind: "Status", message: "cut short" } }
          : undefined;
      const first = await maintain(cluster, "on", "--yes");
      cluster.before = () => undefined;
      if (first.code === 0) continue; // it was over before
      t.is(first.code, 1, first.stdout);
      if (way === "on") {
        const again = await maintain(cluster, "on", "--yes");
        t.true([0, 3].includes(again.code), again.stdout);
        t.is(cluster.get("Deployment", "api")!["spec"].replicas, 0);
      }
      const { code, stdout, stderr } = await maintain(cluster, "off", "--yes");
      t.true(code === 0 || stderr.includes("is not in maintenance"), `cut after ${cut}: ${stdout}${stderr}`);
      t.deepEqual(
        asDeclared(cluster).filter(({ name }) => !name.endsWith("maintenance-page") || code === 0),
        before,
        `cut after ${cut}, then ${way}`,
      );
    }
  }
});

test("wherever off was cut short, off goes on and puts all back (P10)", async (t) => {
  for (let cut = 0; cut <= 12; cut++) {
    const cluster = await fakeCluster(t, platform());
    working(cluster);
    const before = asDeclared(cluster);
    t.is((await maintain(cluster, "on", "--yes")).code, 0);
    let left = cut;
    cluster.before = ({ method, path }) =>
      method !== "GET" && !/leases|reviews|evidence/.test(path) && left-- <= 0
        ? { status: 403, body: { kind: "Status", message: "cut short" } }
        : undefined;
    const first = await maintain(cluster, "off", "--yes");
    cluster.before = () => undefined;
    if (first.code !== 0) await maintain(cluster, "off", "--yes");
    t.deepEqual(asDeclared(cluster), before, `cut after ${cut}`);
  }
});

test("a job that writes is waited for first, and named (P10)", async (t) => {
  const cluster = await fakeCluster(t, [
    ...platform(),
    {
      kind: "Job",
      metadata: { name: "engine-1", ownerReferences: [{ kind: "CronJob", uid: "uid-of-engine" }] },
      spec: { template: {} },
    },
  ]);
  const { code, stderr } = await maintain(cluster, "on", "--yes");
  t.deepEqual(
    [code, stderr],
    [
      3,
      "refused, and nothing was changed:\n" +
        "  engine-1 runs and writes: wait for it, kubectl wait -n data --for=condition=Complete job/engine-1 --timeout=30m\n",
    ],
  );
});

test("an object that somebody changes in the same moment is not overwritten (P10)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  working(cluster);
  cluster.before = ({ method, path }) => {
    if (method === "PATCH" && path.includes("/ingresses/web")) cluster.put(cluster.get("Ingress", "web")!);
    return undefined;
  };
  const { code, stdout } = await maintain(cluster, "on", "--yes");
  t.is(code, 1);
  t.regex(
    stdout,
    /failed at 2\/\d+ hold Ingress web: Operation cannot be fulfilled on ingresses "web": the object has been modified\n/,
  );
  t.deepEqual(cluster.get("Ingress", "web")!["spec"].rules, rules);
});

test("an object that a controller writes between a look and a change is looked at again, and changed (P10)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  working(cluster);
  const before = asDeclared(cluster);
  let odd = false;
  cluster.before = ({ method, path }) => {
    if (method === "PATCH" && path.includes("/deployments/web") && (odd = !odd))
      cluster.put(cluster.get("Deployment", "web")!);
    return undefined;
  };
  for (const way of ["on", "off"]) {
    const { code, stdout } = await maintain(cluster, way, "--yes");
    t.is(code, 0, `${way}: ${stdout}`);
  }
  t.deepEqual(asDeclared(cluster), before);
});

test("the page's objects pass every rule among those of a stack (X01, X02, X03, X05)", async (t) => {
  const { objects } = await stackVariant("dev");
  const peer = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } };
  const { policy, deployment, service } = pageObjects("data", [peer]);
  const { _from: from, ...rule } = policy.spec!.ingress![0]!;
  const page = [{ ...policy, spec: { ...policy.spec, ingress: [{ ...rule, from }] } }, deployment, service];
  const own = page.flatMap((object) => fromManifest(object));
  const { findings, notEvaluated } = evaluate(own, parseSettings(), "2026-11-30", [
    ...objects.flatMap((object) => fromManifest(object)),
    ...own,
  ]);
  t.deepEqual([findings, notEvaluated], [[], []]);
});
