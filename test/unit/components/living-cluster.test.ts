import test from "ava";
import { answered } from "../../../components/changes/check.ts";
import { livingCluster } from "../../../components/changes/living.ts";

/** An API server that has these lists and nothing else, and notes what it was asked. */
function server(lists: Readonly<Record<string, readonly unknown[]>>, status = 200) {
  const asked: string[] = [];
  const read = async (path: string) => {
    asked.push(path);
    return {
      status,
      text: JSON.stringify(path === "/apis" ? { groups: lists[path] ?? [] } : { items: lists[path] ?? [] }),
    };
  };
  return { read, asked };
}

const manager = (name: string, operation: string) => ({ manager: name, operation });
const claims = "/api/v1/namespaces/shop/persistentvolumeclaims";
const spec = { accessModes: ["ReadWriteOnce"], storageClassName: "fast", resources: { requests: { storage: "3Gi" } } };

test("a cluster is asked for its APIs, classes, namespaces, and the stack's own claims, brokers and topics, and for nothing else", async (t) => {
  const { read, asked } = server({});
  t.deepEqual(await livingCluster(read, ["data", "shop"], ["shop"]), {
    claims: [],
    served: new Set(),
    storageClasses: new Set(),
    growingClasses: new Set(),
    voters: {},
    partitions: { shop: {} },
    namespaces: [],
  });
  t.deepEqual(asked.sort(), [
    "/api/v1/namespaces",
    "/api/v1/namespaces/data/persistentvolumeclaims",
    claims,
    "/apis",
    "/apis/apps/v1/namespaces/shop/statefulsets",
    "/apis/batch/v1/namespaces/shop/jobs",
    "/apis/storage.k8s.io/v1/storageclasses",
  ]);
});

test("claims are read with what they ask for, what they hold and who sets their size; one that is being deleted is gone", async (t) => {
  const metadata = {
    namespace: "shop",
    name: "data-kafka-0",
    labels: { app: "kafka" },
    managedFields: [manager("kube-controller-manager", "Update"), manager("production-platform", "Apply")],
  };
  const { read } = server({
    [claims]: [
      {
        metadata,
        spec: { ...spec, dataSource: { name: "monday" } },
        status: { phase: "Bound", capacity: { storage: "2Gi" } },
      },
      {
        metadata: {
          namespace: "shop",
          name: "data-kafka-1",
          managedFields: [manager("production-platform", "Update")],
        },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        status: { phase: "Pending" },
      },
      { metadata: { namespace: "shop", name: "data-kafka-2", deletionTimestamp: "2026-01-01T00:00:00Z" }, spec },
    ],
    "/apis/storage.k8s.io/v1/storageclasses": [
      { metadata: { name: "fast" }, allowVolumeExpansion: true },
      { metadata: { name: "fixed" }, allowVolumeExpansion: false },
      { metadata: { name: "silent" } },
    ],
  });
  const living = await livingCluster(read, ["shop"], []);
  t.deepEqual(living.claims, [
    {
      namespace: "shop",
      name: "data-kafka-0",
      labels: { app: "kafka" },
      request: "3Gi",
      capacity: "2Gi",
      storageClass: "fast",
      accessModes: ["ReadWriteOnce"],
      source: "monday",
      bound: true,
      sizedByStack: true,
    },
    {
      namespace: "shop",
      name: "data-kafka-1",
      labels: {},
      request: "1Gi",
      accessModes: ["ReadWriteOnce"],
      bound: false,
      sizedByStack: false,
    },
  ]);
  t.deepEqual(living.storageClasses, new Set(["fast", "fixed", "silent"]));
  t.deepEqual(living.growingClasses, new Set(["fast"]));
});

test("brokers, topics and namespaces are read from what an update left", async (t) => {
  const pods = (...env: { name: string; value?: string }[]) => ({ template: { spec: { containers: [{}, { env }] } } });
  const job = (topics: string) => ({
    metadata: { namespace: "shop", name: "kafka-topics" },
    spec: pods({ name: "TOPICS", value: topics }),
  });
  const { read } = server({
    "/apis/apps/v1/namespaces/shop/statefulsets": [
      {
        metadata: { namespace: "shop", name: "kafka" },
        spec: pods({ name: "KAFKA_CONTROLLER_QUORUM_VOTERS", value: "0@kafka-0:9093,1@kafka-1:9093,2@kafka-2:9093" }),
      },
      { metadata: { namespace: "shop", name: "postgres" }, spec: pods({ name: "PGDATA", value: "/data" }) },
    ],
    "/apis/batch/v1/namespaces/shop/jobs": [
      job("orders 6 1 1 604800000\norders.dlq 1 1 1 2419200000"),
      job("orders 4 1 1 604800000\nbills 9 1 1 604800000"),
      { metadata: { namespace: "shop", name: "migrations" }, spec: pods() },
    ],
    "/api/v1/namespaces": [
      {
        metadata: {
          name: "shop",
          annotations: { "production-platform/stack": "dev", "production-platform/retain-data": "true" },
        },
      },
      {
        metadata: {
          name: "data",
          annotations: { "production-platform/stack": "dev", "production-platform/retain-data": "false" },
        },
      },
      { metadata: { name: "edi" } },
    ],
  });
  const { voters, partitions, namespaces } = await livingCluster(read, ["shop"], ["shop"]);
  t.deepEqual(voters, { "shop/kafka": 3 });
  t.deepEqual(partitions, { shop: { orders: 6, "orders.dlq": 1, bills: 9 } });
  t.deepEqual(namespaces, [
    { name: "shop", stack: "dev", retained: true },
    { name: "data", stack: "dev", retained: false },
    { name: "edi", stack: undefined, retained: false },
  ]);
});

test("each API is known by its group and each of its versions", async (t) => {
  const { read } = server({
    "/apis": [
      { name: "keda.sh", versions: [{ groupVersion: "keda.sh/v1alpha1" }] },
      { name: "autoscaling", versions: [{ groupVersion: "autoscaling/v2" }, { groupVersion: "autoscaling/v1" }] },
    ],
  });
  t.deepEqual(
    (await livingCluster(read, [], [])).served,
    new Set(["keda.sh/v1alpha1", "autoscaling/v2", "autoscaling/v1"]),
  );
});

test("an answer that is no list ends the question, with its path and status", async (t) => {
  const { read } = server({}, 403);
  await t.throwsAsync(livingCluster(read, [], []), { message: "/apis answers with status 403" });
});

test("an update that gets no answer ends with the cause and the rights it needs, and a preview goes on without", async (t) => {
  const silent = () => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:6443"));
  await t.throwsAsync(answered("kind-shop", false, silent), {
    message:
      'the cluster of context "kind-shop" does not say what it has: connect ECONNREFUSED 127.0.0.1:6443. An update compares the settings with it, and needs the right to list namespaces and storage classes, ' +
      "and in the namespaces of the stack claims, StatefulSets and Jobs; nothing was changed",
  });
  t.is(await answered("kind-shop", true, silent), undefined);
  const living = await livingCluster(server({}).read, [], []);
  t.is(await answered("kind-shop", false, () => Promise.resolve(living)), living);
  t.is(await answered("kind-shop", true, () => Promise.resolve(living)), living);
});
