import test from "ava";
import type { Manifest } from "../../scripts/support/declared-objects.ts";
import { kubectl, withManifest } from "../support/cluster.ts";
import { type Changes, stackVariant } from "../support/stack-variant.ts";
import { definedKinds, goIsThere, installDefinitions, removeDefinitions } from "./support/custom-definitions.ts";
import { moved } from "./support/moved.ts";

const cloudNative = { engine: { kind: "cloudnative-pg", apiServerCidr: "10.43.0.1/32" } };
const s3 = {
  cidrs: ["192.0.2.0/24"],
  endpoint: "https://s3.example.com",
  region: "here",
  bucket: "copies",
  prefix: "postgres",
  credentialsSecret: "bucket-keys",
};
const strimzi = { kind: "strimzi", apiServerCidr: "10.43.0.1/32" };

/** Our stacks, and each choice of an engine or an add-on that makes custom resources. */
const variants: Readonly<Record<string, readonly [stack: string, changes: Changes]>> = {
  dev: ["dev", {}],
  prod: ["prod", {}],
  "prod on CloudNativePG and Strimzi": [
    "prod",
    {
      "bgc-platform": { postgres: { ...cloudNative, backup: { storage: "10Gi" } } },
      "platform-service": { postgres: { ...cloudNative, backup: { storage: "10Gi" } } },
      "techbra-ecommerce": { kafka: { engine: strimzi }, postgres: { ...cloudNative, backup: { storage: "10Gi" } } },
    },
  ],
  "dev, whose database is made of an archive": [
    "dev",
    {
      systems: ["platform-service"],
      "platform-service": {
        postgres: {
          engine: { ...cloudNative.engine, serverName: "postgres-2", recovery: { fromServerName: "postgres" } },
          backup: { storage: "10Gi", keepAtLeast: 7, s3 },
        },
      },
    },
  ],
  "dev with every add-on": [
    "dev",
    {
      clusterAddons: ["cert-manager", "keda", "prometheus-operator", "sealed-secrets", "velero", "volume-snapshots"],
      certificateIssuer: { acme: false },
    },
  ],
};

/** Namespaces of this test's own: what is made here must not meet an operator, nor what a stack has. */
const own = new Map(
  ["data", "platform", "edi", "api-gateway", "techbra-test", "velero"].map((name) => [
    name,
    `${name}-custom-${process.pid}`,
  ]),
);

const isKubernetesOwn = ({ apiVersion }: Manifest) =>
  !apiVersion.includes(".") || apiVersion.split("/")[0]!.endsWith(".k8s.io");

/** Kinds that no Go module publishes: no API server here can judge their objects. */
const undefinedHere = new Set(["Cluster", "ScheduledBackup", "Kafka", "KafkaNodePool", "KafkaTopic"]);

const customOf = async (name: string): Promise<Manifest[]> => {
  const [stack, changes] = variants[name]!;
  return (await stackVariant(stack, changes)).objects
    .filter((object) => !isKubernetesOwn(object))
    .map((object) => moved(object, own));
};
const place = ({ metadata }: Manifest) => ["--namespace", metadata.namespace!];
const create = (object: Manifest, ...flags: string[]) =>
  withManifest(object, "create", "--validate=strict", "--output=json", ...flags);
const judged = goIsThere ? test.serial : test.serial.skip;
const untried = goIsThere ? "" : ", not tried without Go on PATH";

test.before(async () => {
  if (goIsThere) await installDefinitions();
  const items = [...own.values()].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  const { code, stderr } = await withManifest({ apiVersion: "v1", kind: "List", items }, "create");
  if (code !== 0) throw new Error(stderr);
});
test.after.always(async () => {
  await kubectl("delete", "namespaces", ...own.values(), "--ignore-not-found");
  if (goIsThere) await removeDefinitions();
});

for (const name of Object.keys(variants)) {
  judged(
    `every custom resource of ${name} is created under strict validation, and keeps what was declared${untried}`,
    async (t) => {
      const objects = (await customOf(name)).filter(({ kind }) => !undefinedHere.has(kind));
      t.deepEqual(
        [...new Set(objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))].filter(
          (kind) => !definedKinds.includes(kind),
        ),
        [],
      );
      for (const object of objects) {
        const { code, stdout, stderr } = await create(object);
        t.is(code, 0, `${object.kind} ${object.metadata.name}: ${stderr}`);
        t.is(stderr, "", object.metadata.name);
        // A field that the definition does not know would be gone; defaults are added to what was said.
        t.like(JSON.parse(stdout) as Manifest, { spec: object["spec"] }, `${object.kind} ${object.metadata.name}`);
        await kubectl(
          "delete",
          `${object.kind.toLowerCase()}.${object.apiVersion.split("/")[0]}`,
          object.metadata.name,
          ...place(object),
        );
      }
    },
  );
}

test.serial("only the kinds of CloudNativePG and Strimzi are judged by no definition here", async (t) => {
  const kinds = new Set((await Promise.all(Object.keys(variants).map(customOf))).flat().map(({ kind }) => kind));
  t.deepEqual([...kinds].sort(), [
    "Certificate",
    "Cluster",
    "Kafka",
    "KafkaNodePool",
    "KafkaTopic",
    "ObjectStore",
    "PrometheusRule",
    "ScaledObject",
    "Schedule",
    "ScheduledBackup",
    "SealedSecret",
  ]);
  t.deepEqual([...kinds].filter((kind) => undefinedHere.has(kind)).sort(), [...undefinedHere].sort());
});

judged(
  `the snapshot that a job asks for is one that the driver's API takes, and a misspelt one is refused${untried}`,
  async (t) => {
    const snapshot = (spec: object): Manifest =>
      ({
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshot",
        metadata: { name: "bots-edi-data-pvc-20260301t010000z", namespace: own.get("edi")! },
        spec,
      }) as Manifest;
    const spec = {
      volumeSnapshotClassName: "csi-snapclass",
      source: { persistentVolumeClaimName: "bots-edi-data-pvc" },
    };
    const taken = await create(snapshot(spec), "--dry-run=server");
    t.is(taken.code, 0, taken.stderr);
    const wrong = await create(
      snapshot({ ...spec, source: { persistentVolumeClaim: "bots-edi-data-pvc" } }),
      "--dry-run=server",
    );
    t.not(wrong.code, 0);
    t.regex(wrong.stderr, /unknown field "spec\.source\.persistentVolumeClaim"/);
  },
);

judged(`a field that a definition does not know is refused in each kind${untried}`, async (t) => {
  const first = new Map(
    (await Promise.all(Object.keys(variants).map(customOf)))
      .flat()
      .filter(({ kind }) => !undefinedHere.has(kind))
      .map((object) => [object.kind, object]),
  );
  t.deepEqual([...first.keys()].sort(), [
    "Certificate",
    "ObjectStore",
    "PrometheusRule",
    "ScaledObject",
    "Schedule",
    "SealedSecret",
  ]);
  for (const [kind, object] of first) {
    const { code, stderr } = await create(
      { ...object, spec: { ...(object["spec"] as object), misspelt: 1 } } as Manifest,
      "--dry-run=server",
    );
    t.not(code, 0, kind);
    t.regex(stderr, /unknown field "spec\.misspelt"/, kind);
  }
});
