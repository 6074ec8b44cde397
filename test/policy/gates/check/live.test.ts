import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { formats } from "../../../../policies/gates/check/formats/index.ts";
import { loadKubeconfig } from "../../../../policies/gates/check/kubeconfig.ts";
import { exitCodeOf } from "../../../../policies/gates/check/report.ts";
import { fakeApiServer } from "./fake-api-server.ts";
import type { FakeApiServer, Served } from "./fake-api-server.ts";

const rules = ["X01-privileged"];
const spec = { containers: [{ name: "main", image: "main:v1", securityContext: { privileged: true } }] };
const owned = (kind: string) => ({ ownerReferences: [{ kind, name: "owner", controller: true }] });
const pod = (name: string, namespace: string, more: object = {}) => ({
  metadata: { name, namespace, managedFields: [{}], ...more },
  spec,
});
const deployment = (name: string, namespace: string, more: object = {}) => ({
  metadata: { name, namespace },
  spec: { replicas: 3, template: { spec }, ...more },
});
const pods = (...items: object[]): Served => ({ kind: "Pod", plural: "pods", items });
const deployments = (...items: object[]): Served => ({
  group: "apps",
  kind: "Deployment",
  plural: "deployments",
  items,
});

/** A server that ends with the test. */
async function serving(
  t: ExecutionContext,
  served: readonly Served[],
  before?: Parameters<typeof fakeApiServer>[1],
): Promise<FakeApiServer> {
  const server = await fakeApiServer(served, before);
  t.teardown(() => server.close());
  return server;
}

const refs = ({ report }: Awaited<ReturnType<FakeApiServer["check"]>>) =>
  report.findings.map(({ object }) => object.ref);

test("all pages of all namespaces are read, and findings have the object for a place", async (t) => {
  const server = await serving(t, [
    pods(pod("a", "one"), pod("b", "one"), pod("c", "two"), pod("d", "two"), pod("e", "two")),
    deployments(deployment("api", "one")),
  ]);
  const checked = await server.check({ rules });
  t.deepEqual(refs(checked), ["Deployment one/api", "Pod one/a", "Pod one/b", "Pod two/c", "Pod two/d", "Pod two/e"]);
  t.deepEqual(
    checked.report.findings.map(({ location }) => location),
    Array(6).fill(undefined),
  );
  t.deepEqual(
    server.requests.filter((path) => path.startsWith("/api/v1/pods")),
    ["/api/v1/pods?limit=500", "/api/v1/pods?limit=500&continue=2", "/api/v1/pods?limit=500&continue=4"],
  );
  t.is(exitCodeOf(checked.report), 1);
  for (const format of Object.values(formats)) t.true(format(checked.report, {}).includes("Pod two/e"));
});

test("the context comes first in the output: the kubeconfig's own, or the one that is named", async (t) => {
  const server = await serving(t, [pods(pod("a", "one"))]);
  t.regex(formats.human((await server.check({ rules })).report), /^context here \(http:\/\/127\.0\.0\.1:\d+\)\n/);
  t.regex(
    formats.human((await server.check({ rules, live: { context: "there", namespace: "one" } })).report),
    /^context there \(http:.*\), namespace one\n/,
  );
});

test("what another judged object made is judged once, what an operator made is judged itself", async (t) => {
  const server = await serving(t, [
    pods(
      pod("of-replica-set", "one", owned("ReplicaSet")),
      pod("of-operator", "one", owned("Cluster")),
      pod("alone", "one"),
    ),
    deployments(deployment("api", "one")),
    {
      group: "apps",
      kind: "ReplicaSet",
      plural: "replicasets",
      items: [{ metadata: { name: "api-1", namespace: "one", ...owned("Deployment") }, spec: { template: { spec } } }],
    },
  ]);
  t.deepEqual(refs(await server.check({ rules })), ["Deployment one/api", "Pod one/alone", "Pod one/of-operator"]);
});

test("the system's own namespaces and roles are left out, unless one is named", async (t) => {
  const role = (name: string, labels: object) => ({
    metadata: { name, labels },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  });
  const server = await serving(t, [
    pods(pod("dns", "kube-system"), pod("mine", "one")),
    {
      kind: "Namespace",
      plural: "namespaces",
      clusterWide: true,
      items: [{ metadata: { name: "kube-system" } }, { metadata: { name: "one" } }],
    },
    {
      group: "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      plural: "clusterroles",
      clusterWide: true,
      items: [role("admin", { "kubernetes.io/bootstrapping": "rbac-defaults" }), role("mine", {})],
    },
  ]);
  t.deepEqual((await server.check({ rules })).report.objects.map(({ ref }) => ref).sort(), [
    "ClusterRole mine",
    "Namespace one",
    "Pod one/mine",
  ]);
  t.deepEqual(
    (await server.check({ rules, live: { namespace: "kube-system" } })).report.objects.map(({ ref }) => ref).sort(),
    ["Namespace kube-system", "Pod kube-system/dns"],
  );
  t.true(server.requests.includes("/api/v1/namespaces/kube-system/pods?limit=500"));
  t.true(server.requests.includes("/api/v1/namespaces?limit=500&fieldSelector=metadata.name%3Dkube-system"));
});

test("a kind that cannot be listed leaves verdicts open, its own and those that look for it; with --strict they are findings", async (t) => {
  const message = 'networkpolicies.networking.k8s.io is forbidden: User "me" cannot list';
  const server = await serving(t, [
    deployments(deployment("api", "one")),
    { group: "networking.k8s.io", kind: "NetworkPolicy", plural: "networkpolicies", refused: { status: 403, message } },
  ]);
  const { report } = await server.check({ rules: ["X05-flows-declared", "X05-egress-open"] });
  t.deepEqual(report.findings, []);
  t.deepEqual(report.notEvaluated.map(({ rule }) => rule.id).sort(), ["X05-egress-open", "X05-flows-declared"]);
  t.deepEqual(
    new Set(report.notEvaluated.map((finding) => finding.message)),
    new Set([`not evaluated: NetworkPolicy objects cannot be listed: ${message}`]),
  );
  t.regex(
    formats.human(report),
    /^Deployment one\/api and 1 other: not evaluated: NetworkPolicy objects cannot be listed: .* \[X05-flows-declared, X05-egress-open\]$/m,
  );
  t.is(exitCodeOf(report), 0);
  t.is(report.counts.objects, 1);
  t.is(exitCodeOf((await server.check({ rules: ["X05-flows-declared"], strict: true })).report), 1);
});

test("a group that does not answer leaves its kinds open and hides nothing else", async (t) => {
  const server = await serving(
    t,
    [
      deployments(deployment("api", "one")),
      { group: "keda.sh", version: "v1alpha1", kind: "ScaledObject", plural: "scaledobjects" },
    ],
    (path) =>
      path === "/apis/keda.sh/v1alpha1" ? { status: 503, body: { message: "service unavailable" } } : undefined,
  );
  const { report } = await server.check({ rules: [...rules, "P02-autoscaled-replicas"] });
  t.deepEqual(
    report.findings.map(({ object }) => object.ref),
    ["Deployment one/api"],
  );
  t.true(
    report.notEvaluated.some((finding) =>
      finding.message.includes("keda.sh/v1alpha1 does not answer (service unavailable)"),
    ),
  );
});

test("replicas that an autoscaler has set are nobody's declaration", async (t) => {
  const scaler = {
    metadata: { name: "api", namespace: "one" },
    spec: { scaleTargetRef: { kind: "Deployment", name: "api" }, minReplicas: 2, maxReplicas: 5 },
  };
  const server = await serving(t, [
    deployments(deployment("api", "one")),
    {
      group: "autoscaling",
      version: "v2",
      kind: "HorizontalPodAutoscaler",
      plural: "horizontalpodautoscalers",
      items: [scaler],
    },
  ]);
  t.deepEqual((await server.check({ rules: ["P02-autoscaled-replicas"] })).report.findings, []);
});

test("fields keep the server's names, so that rules see them", async (t) => {
  const open = {
    metadata: { name: "open", namespace: "one" },
    spec: { podSelector: {}, policyTypes: ["Ingress"], ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] },
  };
  const server = await serving(t, [
    { group: "networking.k8s.io", kind: "NetworkPolicy", plural: "networkpolicies", items: [open] },
  ]);
  t.deepEqual((await server.check()).report.objects[0]?.manifest, {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    ...open,
  });
});

test("a busy server is asked again, and a list that expired is begun again", async (t) => {
  let busy = 1;
  let expired = 1;
  const server = await serving(t, [pods(pod("a", "one"), pod("b", "one"), pod("c", "one"))], (path) => {
    if (path === "/apis" && busy-- > 0) return { status: 429, body: {}, headers: { "retry-after": "0.01" } };
    if (path.includes("continue=") && expired-- > 0) return { status: 410, body: { message: "expired" } };
    return undefined;
  });
  t.deepEqual(refs(await server.check({ rules })), ["Pod one/a", "Pod one/b", "Pod one/c"]);
});

test("a server that refuses the user or does not answer is an error that says so", async (t) => {
  const refusing = await serving(t, [pods(pod("a", "one"))], () => ({
    status: 401,
    body: { message: "Unauthorized" },
  }));
  await t.throwsAsync(refusing.check(), { name: "ApiError", message: "Unauthorized" });
  const gone = await serving(t, []);
  await gone.stop();
  await t.throwsAsync(gone.check(), {
    name: "ApiError",
    message: /^http:\/\/127\.0\.0\.1:\d+ does not answer: connect ECONNREFUSED/,
  });
});

test("a namespace without anything is nothing to check", async (t) => {
  const server = await serving(t, [pods(pod("a", "one"))]);
  t.is(exitCodeOf((await server.check({ live: { namespace: "typo" } })).report), 2);
});

test("a context is never guessed", async (t) => {
  const server = await serving(t, [pods(pod("a", "one"))]);
  await t.throwsAsync(server.check({ live: { context: "prod" } }), {
    name: "UsageError",
    message: /^there is no context "prod": .*config has here, there$/,
  });
  await t.throwsAsync(server.check({}, "missing/config"), {
    name: "UsageError",
    message: /^there is no kubeconfig at .*missing\/config: name one by KUBECONFIG$/,
  });
  const folder = mkdtempSync(join(tmpdir(), "contexts-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfig = (name: string, current?: string) => {
    const context = { name, context: { cluster: name, user: name } };
    writeFileSync(
      join(folder, name),
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name, cluster: { server: `https://${name}.invalid` } }],
        users: [{ name, user: {} }],
        contexts: [context],
        ...(current === undefined ? {} : { "current-context": current }),
      }),
    );
    return join(folder, name);
  };
  const [silent, first, second] = [kubeconfig("silent"), kubeconfig("first", "first"), kubeconfig("second", "second")];
  await t.throwsAsync(server.check({}, silent), {
    name: "UsageError",
    message: /^the kubeconfig has no current context: choose one by --context; .* has silent$/,
  });
  const chosen = async (...files: string[]) =>
    (await loadKubeconfig({ base: folder, kubeconfig: files.join(delimiter) })).getCurrentContext();
  t.is(await chosen(silent, first, second), "first");
  t.is(await chosen("second", "first"), "second");
  const named = { base: folder, kubeconfig: first, others: [second] };
  t.is((await loadKubeconfig({ ...named, context: "second" })).getCurrentContext(), "second");
  t.is((await loadKubeconfig(named)).getCurrentContext(), "first");
});

test("who has no kubeconfig gets the cluster that the stack is on, and who named one that is missing does not", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "home-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const written = (name: string) => {
    const file = join(home, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      JSON.stringify({
        clusters: [{ name, cluster: { server: "https://127.0.0.1:1" } }],
        users: [{ name, user: {} }],
        contexts: [{ name, context: { cluster: name, user: name } }],
        "current-context": name,
      }),
    );
    return file;
  };
  const stacks = { base: home, home, others: [join(home, "none"), written("of-the-stack")] };
  t.is((await loadKubeconfig(stacks)).getCurrentContext(), "of-the-stack");
  await t.throwsAsync(loadKubeconfig({ ...stacks, kubeconfig: "missing" }), {
    name: "UsageError",
    message: /missing: name one by KUBECONFIG$/,
  });
  await t.throwsAsync(loadKubeconfig({ ...stacks, others: [join(home, "none")] }), {
    name: "UsageError",
    message:
      /^there is no kubeconfig at ~\/\.kube\/config: name one by KUBECONFIG, or bring a platform up with "npm run up"$/,
  });
  written(".kube/config");
  t.is((await loadKubeconfig(stacks)).getCurrentContext(), ".kube/config");
});
