import test from "ava";
import { scalersOf } from "../../../policies/facts/autoscalers.ts";
import { fromManifest, fromPulumi } from "../../../policies/model/kubernetes-object.ts";
import { NotEvaluable } from "../../../policies/model/not-evaluable.ts";
import type { KubernetesObject } from "../../../policies/model/kubernetes-object.ts";
import { secretSource, seesAllOf } from "../../../policies/model/ownership.ts";
import { selecting, workloadsSelected } from "../../../policies/facts/selected-pods.ts";
import { indexObjects } from "../../../policies/model/object-index.ts";

class UnknownValueError extends Error {}
const unknown = (): string => {
  throw new UnknownValueError("unknown");
};
const object = (kind: string, name: string, more: Record<string, unknown> = {}, apiVersion = "v1") =>
  fromManifest({ apiVersion, kind, metadata: { name, namespace: "data" }, ...more });
const deployment = (name: string, labels: Record<string, string>) =>
  object("Deployment", name, { spec: { template: { metadata: { labels }, spec: { containers: [] } } } }, "apps/v1");
const service = (name: string, selector: Record<string, string>) => object("Service", name, { spec: { selector } });
const namespace = () => fromManifest({ apiVersion: "v1", kind: "Namespace", metadata: { name: "data" } });
/** An object as a preview shows it, with values that are not known yet. */
const preview = (type: string, props: Record<string, unknown>) =>
  fromPulumi({ type: `kubernetes:${type}`, name: "resource", urn: "urn", props });
const refs = (objects: Iterable<KubernetesObject>) => [...objects].map(({ ref }) => ref);

test("an object is found by its kind, namespace and name, and by nothing less", (t) => {
  const stack = indexObjects([...service("api", {}), ...deployment("api", {})]);
  t.is(stack.named("Service", "data", "api")?.ref, "Service data/api");
  t.is(stack.named("Service", "edi", "api"), undefined);
  t.is(stack.named("Ingress", "data", "api"), undefined);
});

test("a name that is not known yet leaves open whether another is missing, in its namespace and of its kind alone", (t) => {
  const stack = indexObjects([
    ...service("api", {}),
    ...preview("core/v1:Service", {
      metadata: {
        namespace: "data",
        get name() {
          return unknown();
        },
      },
    }),
  ]);
  t.is(stack.named("Service", "data", "api")?.ref, "Service data/api");
  const error = t.throws(() => stack.named("Service", "data", "web"), { instanceOf: NotEvaluable });
  t.is(error.message, "the name of Service data/resource is not known before it is created");
  t.is(stack.named("Service", "edi", "web"), undefined);
  t.is(stack.named("ConfigMap", "data", "web"), undefined);
});

test("what is worked out of the stack is worked out once", (t) => {
  const stack = indexObjects(service("api", {}));
  const seen: number[] = [];
  const count = (objects: readonly KubernetesObject[]) => seen.push(objects.length);
  t.deepEqual([stack.once(count), stack.once(count), seen], [1, 1, [1]]);
});

test("a selector finds its workloads by any of its labels, and by expressions", (t) => {
  const stack = indexObjects([
    ...deployment("api", { app: "api", tier: "web" }),
    ...deployment("bff", { app: "bff", tier: "web" }),
    ...deployment("bare", {}),
  ]);
  const found = (selector: Parameters<typeof workloadsSelected>[0]) => refs(workloadsSelected(selector, "data", stack));
  t.deepEqual(found({ matchLabels: { tier: "web" } }), ["Deployment data/api", "Deployment data/bff"]);
  t.deepEqual(found({ matchLabels: { tier: "web", app: "bff" } }), ["Deployment data/bff"]);
  t.deepEqual(found({ matchExpressions: [{ key: "app", operator: "In", values: ["bff", "api"] }] }), [
    "Deployment data/bff",
    "Deployment data/api",
  ]);
  t.deepEqual(found({ matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }), ["Deployment data/bare"]);
  t.deepEqual(found({}).length, 3);
  t.deepEqual(
    [found(undefined), found({ matchLabels: { app: "none" } }), refs(workloadsSelected({}, "edi", stack))],
    [[], [], []],
  );
});

test("labels find the selectors that match them, those without a label to look up included", (t) => {
  const budget = (name: string, selector: unknown) =>
    object("PodDisruptionBudget", name, { spec: { selector } }, "policy/v1");
  const stack = indexObjects([
    ...budget("one", { matchLabels: { app: "api" } }),
    ...budget("two", { matchLabels: { app: "api", tier: "web" } }),
    ...budget("all", {}),
    ...budget("none", undefined),
  ]);
  t.deepEqual(refs(selecting("PodDisruptionBudget", { app: "api" }, "data", stack)), [
    "PodDisruptionBudget data/one",
    "PodDisruptionBudget data/all",
  ]);
  t.deepEqual(refs(selecting("PodDisruptionBudget", { app: "api", tier: "web" }, "data", stack)).sort(), [
    "PodDisruptionBudget data/all",
    "PodDisruptionBudget data/one",
    "PodDisruptionBudget data/two",
  ]);
  t.deepEqual(refs(selecting("PodDisruptionBudget", {}, "data", stack)), ["PodDisruptionBudget data/all"]);
});

test("known matches come first, and a label that is not known yet leaves the rest open", (t) => {
  const late = preview("apps/v1:Deployment", {
    metadata: { name: "late", namespace: "data" },
    spec: {
      template: {
        metadata: {
          labels: {
            get app() {
              return unknown();
            },
          },
        },
        spec: { containers: [] },
      },
    },
  });
  const stack = indexObjects([...late, ...deployment("api", { app: "api" })]);
  const matches = workloadsSelected({ matchLabels: { app: "api" } }, "data", stack);
  t.is(matches.next().value?.ref, "Deployment data/api");
  t.throws(() => matches.next(), {
    instanceOf: NotEvaluable,
    message: "the value of spec.template.metadata.labels.app is not known before it is created",
  });
  t.deepEqual(refs(workloadsSelected({ matchLabels: { tier: "web" } }, "data", stack)), []);
});

test("an object of an impossible shape selects nothing and hides nobody", (t) => {
  const stack = indexObjects([
    ...object("Service", "broken", { spec: { selector: { app: null } } }),
    ...object("PodDisruptionBudget", "broken", { spec: { selector: { matchExpressions: "all" } } }, "policy/v1"),
    ...service("api", { app: "api" }),
  ]);
  t.deepEqual(refs(selecting("Service", { app: "api" }, "data", stack)), ["Service data/api"]);
  t.deepEqual(refs(selecting("PodDisruptionBudget", { app: "api" }, "data", stack)), []);
});

test("an autoscaler whose target is not known yet leaves open whom it scales", (t) => {
  const scaler = preview("autoscaling/v2:HorizontalPodAutoscaler", {
    metadata: { name: "late", namespace: "data" },
    spec: {
      scaleTargetRef: {
        kind: "Deployment",
        get name() {
          return unknown();
        },
      },
    },
  });
  t.throws(() => scalersOf("Deployment", "data", "api", indexObjects(scaler)), {
    instanceOf: NotEvaluable,
    message: "the target of HorizontalPodAutoscaler data/late is not known before it is created",
  });
  t.deepEqual(scalersOf("Deployment", "edi", "api", indexObjects(scaler)), []);
});

test("only a namespace that the stack declares, and in which no operator works, can be seen whole", (t) => {
  const operated = object("Cluster", "pg", {}, "postgresql.cnpg.io/v1");
  t.true(seesAllOf("data", indexObjects(namespace())));
  t.true(
    seesAllOf(
      "data",
      indexObjects([
        ...namespace(),
        ...object("SealedSecret", "db", {}, "bitnami.com/v1alpha1"),
        ...object("VolumeSnapshot", "s", {}, "snapshot.storage.k8s.io/v1"),
      ]),
    ),
  );
  t.false(seesAllOf("data", indexObjects([...namespace(), ...operated])));
  t.false(seesAllOf("data", indexObjects(service("api", {}))));
});

test("a Secret comes from itself, from what is sealed or fetched, from a certificate, or from an Ingress that asks for one", (t) => {
  const ingress = fromManifest({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "web", namespace: "data", annotations: { "cert-manager.io/issuer": "ca" } },
    spec: { tls: [{ secretName: "web-tls" }] },
  });
  const stack = indexObjects([
    ...object("Secret", "plain"),
    ...object("SealedSecret", "sealed"),
    ...object("ExternalSecret", "fetched", { spec: { target: { name: "renamed" } } }),
    ...object("Certificate", "api", { spec: { secretName: "api-tls" } }),
    ...ingress,
  ]);
  const source = (name: string) => secretSource(name, "data", stack)?.ref;
  t.deepEqual(["plain", "sealed", "renamed", "api-tls", "web-tls"].map(source), [
    "Secret data/plain",
    "SealedSecret data/sealed",
    "ExternalSecret data/fetched",
    "Certificate data/api",
    "Ingress data/web",
  ]);
  t.deepEqual(["fetched", "api", "none"].map(source), [undefined, undefined, undefined]);
});
