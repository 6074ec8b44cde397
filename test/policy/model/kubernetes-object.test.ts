import test from "ava";
import { fromManifest, fromPulumi, opaqueReason } from "../../../policies/model/kubernetes-object.ts";
import { NotEvaluable } from "../../../policies/model/not-evaluable.ts";
import { containersOf, podKinds, podOf } from "../../../policies/model/pod-spec-walker.ts";

const urn = "urn:pulumi:dev::p::kubernetes:apps/v1:Deployment::api";
const pulumi = (type: string, props: Record<string, unknown>) => fromPulumi({ type, props, urn, name: "api" });

test("a Pulumi resource is the object of its inputs", (t) => {
  const [object] = pulumi("kubernetes:apps/v1:Deployment", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "bgc-api", namespace: "data", labels: { app: "bgc-api" } },
  });
  t.deepEqual(
    [object?.ref, object?.name, object?.namespace, object?.labels, object?.urn],
    ["Deployment data/bgc-api", "bgc-api", "data", { app: "bgc-api" }, urn],
  );
});

test("kind, version, name and namespace may be left to the resource", (t) => {
  const [object] = pulumi("kubernetes:core/v1:Service", { spec: {} });
  t.deepEqual([object?.apiVersion, object?.kind, object?.ref], ["v1", "Service", "Service default/api"]);
});

test("resources of other providers are ignored", (t) => {
  t.deepEqual(pulumi("random:index/randomPassword:RandomPassword", { length: 12 }), []);
  t.deepEqual(pulumi("pulumi:providers:kubernetes", {}), []);
  t.deepEqual(pulumi("kubernetes:apps/v1:DeploymentPatch", { spec: {} }), []);
});

test("what hides its objects says so", (t) => {
  t.is(
    opaqueReason({ type: "kubernetes:apps/v1:DeploymentPatch" }),
    "a patch shows only a part of the object it changes",
  );
  t.is(
    opaqueReason({ type: "kubernetes:helm.sh/v3:Release" }),
    "a Helm release is rendered by the provider; use a Chart, whose objects are seen",
  );
  t.is(opaqueReason({ type: "kubernetes:apps/v1:Deployment" }), undefined);
});

test("a List is its items, nested ones too, and what is no object is nothing", (t) => {
  const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name } });
  const list = {
    apiVersion: "v1",
    kind: "List",
    items: [pod("a"), { apiVersion: "v1", kind: "PodList", items: [pod("b")] }, null, "text", { kind: "Pod" }],
  };
  t.deepEqual(
    fromManifest(list).map(({ ref }) => ref),
    ["Pod default/a", "Pod default/b"],
  );
});

test("cluster-wide objects have no namespace", (t) => {
  const named = (apiVersion: string, kind: string) =>
    fromManifest({ apiVersion, kind, metadata: { name: "data" } }).map(({ ref, namespace }) => [ref, namespace]);
  t.deepEqual(
    [
      named("v1", "Namespace"),
      named("cert-manager.io/v1", "ClusterIssuer"),
      named("cert-manager.io/v1", "Issuer"),
    ].flat(),
    [
      ["Namespace data", ""],
      ["ClusterIssuer data", ""],
      ["Issuer default/data", "default"],
    ],
  );
});

test("reading a value that is not known throws, its neighbours can be read, and the object can still be named", (t) => {
  class UnknownValueError extends Error {}
  const unknown = {
    get namespace(): string {
      throw new UnknownValueError("unknown");
    },
    name: "bgc-api",
  };
  const [object] = pulumi("kubernetes:apps/v1:Deployment", { metadata: unknown, spec: { replicas: 2 } });
  t.is(object?.name, "bgc-api");
  t.deepEqual(object?.manifest["spec"], { replicas: 2 });
  t.is(object?.ref, "Deployment (unknown namespace)/bgc-api");
  t.throws(() => object?.namespace, {
    instanceOf: NotEvaluable,
    message: "the value of metadata.namespace is not known before it is created",
  });
});

test("the walker finds the containers of every kind, with role and path", (t) => {
  const spec = {
    containers: [{ name: "main" }],
    initContainers: [{ name: "init" }, { name: "side", restartPolicy: "Always" }],
    ephemeralContainers: [{ name: "debug" }],
  };
  const inside: Record<string, [path: string, fields: object]> = {
    Pod: ["spec", { spec }],
    PodTemplate: ["template.spec", { template: { spec } }],
    CronJob: ["spec.jobTemplate.spec.template.spec", { spec: { jobTemplate: { spec: { template: { spec } } } } }],
  };
  for (const kind of podKinds) {
    const [path, fields] = inside[kind] ?? ["spec.template.spec", { spec: { template: { spec } } }];
    const [object] = fromManifest({ apiVersion: "v1", kind, ...fields });
    const pod = object && podOf(object);
    t.deepEqual(
      pod && [...containersOf(pod)].map((container) => [container.spec.name, container.role, container.path]),
      [
        ["main", "main", `${path}.containers[0]`],
        ["init", "init", `${path}.initContainers[0]`],
        ["side", "sidecar", `${path}.initContainers[1]`],
        ["debug", "ephemeral", `${path}.ephemeralContainers[0]`],
      ],
      kind,
    );
  }
});

test("a pod is walked once, and one with an unknown value again for each rule, which meets the known ones first", (t) => {
  const [whole] = fromManifest({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers: [{ name: "a" }, { name: "b" }] },
  });
  t.is(podOf(whole!), podOf(whole!));
  const walk = () => [...containersOf(podOf(whole!)!)];
  t.is(walk()[1], walk()[1]);
  class UnknownValueError extends Error {}
  const spec = {
    containers: [{ name: "a" }],
    get initContainers(): object[] {
      throw new UnknownValueError("unknown");
    },
  };
  const [open] = pulumi("kubernetes:core/v1:Pod", { metadata: { name: "p" }, spec });
  for (let rule = 0; rule < 2; rule++) {
    const met: string[] = [];
    t.throws(
      () => {
        for (const container of containersOf(podOf(open!)!)) met.push(container.spec.name);
      },
      { instanceOf: NotEvaluable },
    );
    t.deepEqual(met, ["a"]);
  }
});

test("kinds without pods, and workloads without a template, have no pod", (t) => {
  for (const manifest of [
    { apiVersion: "v1", kind: "Service", spec: {} },
    { apiVersion: "apps/v1", kind: "Deployment" },
    { apiVersion: "apps/v1", kind: "Deployment", spec: { template: null } },
  ]) {
    t.deepEqual(fromManifest(manifest).map(podOf), [undefined]);
  }
});
