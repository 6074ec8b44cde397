import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { stringify } from "yaml";
import { ensureToolchain } from "../../../cluster/toolchain.ts";
import { command } from "../../support/cluster.ts";
import { copyCheckout } from "../../support/checkout-copy.ts";
import { type ThrowAwayCluster, throwAwayCluster } from "../two-clusters/throw-away-cluster.ts";

/** A stack of one system with a store and its copies, both on volumes of one class. */
const stack = (postgres: object) => stringify({
  config: {
    "production-platform:purpose": "development",
    "production-platform:context": "kind-volumes",
    "production-platform:storageClass": "disk",
    "production-platform:systems": ["bgc-platform"],
    "production-platform:policies": { "P03-configuration-exists": { madeElsewhere: ["kube-root-ca.crt", "external-password"] } },
    "production-platform:bgc-platform": { applications: { source: "contract-server" }, postgres },
  },
});

const sized = (storage: string, copies = storage) => ({ storage, backup: { storage: copies } });

/** A class whose volumes nobody makes: two are there, for the store and for its copies. */
const volumes = [
  { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "disk" }, provisioner: "kubernetes.io/no-provisioner", volumeBindingMode: "Immediate" },
  ...["one", "two"].map((name) => ({
    apiVersion: "v1", kind: "PersistentVolume", metadata: { name },
    spec: { capacity: { storage: "2Gi" }, accessModes: ["ReadWriteOnce"], storageClassName: "disk", persistentVolumeReclaimPolicy: "Retain", hostPath: { path: `/volumes/${name}` } },
  })),
];

const folder = mkdtempSync(join(tmpdir(), "volumes-"));
let cluster: ThrowAwayCluster;
let checkout: string;

test.before(async () => {
  const { clusterBin } = await ensureToolchain({ parts: "all", print: () => {} });
  cluster = await throwAwayCluster(clusterBin, folder, "kind-volumes");
  await cluster.kubectl(["apply", "--filename=-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: volumes }));
  checkout = copyCheckout({});
});

test.after.always(async () => {
  await cluster?.remove();
  for (const made of [folder, checkout]) if (made) rmSync(made, { recursive: true, force: true });
});

/** Brings the stack up with these settings of its store. */
async function up(postgres: object): Promise<{ readonly code: number; readonly said: string }> {
  writeFileSync(join(checkout, "Pulumi.volumes.yaml"), stack(postgres));
  const { code, stdout, stderr } = await command("env", [`KUBECONFIG=${cluster.kubeconfig}`, `PLATFORM_STATE=${join(folder, "machine")}`, process.execPath, join(checkout, "scripts/run.mjs"), "up", "--stack", "volumes"]);
  return { code, said: stdout + stderr };
}

/** Proves that an update got as far as the health endpoints, which nobody answers on a simulated node. */
async function updated(t: ExecutionContext, postgres: object): Promise<void> {
  const { said } = await up(postgres);
  t.regex(said, /ok {3}bgc-platform: StatefulSet postgres: 1 of 1 pods Ready/, said);
  t.deepEqual(said.split("\n").filter((line) => line.startsWith("FAIL") && !/: (API|Web|Integration gateway) \//.test(line)), [], said);
}

/** The objects of the stack once nothing changes them any more, each with its version. */
async function settled(): Promise<string[]> {
  for (let before = await cluster.objects(); ; ) {
    await sleep(3000);
    const now = await cluster.objects();
    if (now.join() === before.join()) return now;
    before = now;
  }
}

/** Proves that an update is refused with exactly these lines, and that each object has the version that it had. */
async function refused(t: ExecutionContext, postgres: object, ...problems: string[]): Promise<void> {
  const before = await settled();
  const { code, said } = await up(postgres);
  t.is(code, 1, said);
  const count = `${problems.length} change${problems.length === 1 ? "" : "s"}`;
  for (const line of [`the stack's configuration asks for ${count} that what runs cannot take, and nothing was changed:`, ...problems]) t.true(said.includes(line), `${line}\n\n${said}`);
  t.notRegex(said, /forbidden|is invalid/, "the API server's own words");
  t.deepEqual(await cluster.objects(), before);
}

/** What the two claims ask for, and what the StatefulSet's template says. */
const asked = async () => {
  const of = (kind: string, path: string) => cluster.kubectl(["get", kind, "--namespace=data", `--output=jsonpath=${path}`]);
  const size = "{.spec.resources.requests.storage}";
  return [await of("pvc/data-postgres-0", size), await of("pvc/postgres-backup", size), await of("statefulset/postgres", "{.spec.volumeClaimTemplates[0].spec.resources.requests.storage}")];
};

const generation = () => cluster.kubectl(["get", "statefulset/postgres", "--namespace=data", "--output=jsonpath={.metadata.generation}"]);
const steps = 'docs/day-two.md has the steps, under "Move data to another volume"';
const fixed = (path: string, claim: string) => `bgc-platform.${path}: is 3Gi, and claim ${claim} in data asks for 2Gi. Its storage class "disk" does not let volumes grow (allowVolumeExpansion). Write 2Gi, or move the data to a larger volume: ${steps}`;

test.serial("larger volumes are refused where their class cannot grow, before any object is changed", async (t) => {
  t.timeout(900_000);
  await updated(t, sized("2Gi"));
  t.deepEqual(await asked(), ["2Gi", "2Gi", "2Gi"]);
  await refused(t, sized("3Gi"), fixed("postgres.storage", "data-postgres-0"), fixed("postgres.backup.storage", "postgres-backup"));
});

test.serial("another engine is refused while the store's volume is there", async (t) => {
  t.timeout(600_000);
  const external = { engine: { kind: "external", host: "db.example.com", cidr: "203.0.113.7/32", passwordSecret: "external-password" } };
  await refused(t, external, 'bgc-platform.postgres.engine.kind: is "external", and the data of postgres in data are on the volumes of "statefulset" (data-postgres-0). An update moves no data, and the new store would begin empty. '
    + 'Write "statefulset", or move the data: docs/day-two.md has the steps, under "Change the engine of a store"');
});

test.serial("volumes grow where their class can, no StatefulSet is touched, and a second update changes nothing", async (t) => {
  t.timeout(900_000);
  await cluster.kubectl(["patch", "storageclass/disk", '--patch={"allowVolumeExpansion":true}']);
  const before = await generation();
  await updated(t, sized("3Gi"));
  t.deepEqual(await asked(), ["3Gi", "3Gi", "2Gi"]);
  t.is(await generation(), before);
  const grown = await settled();
  await updated(t, sized("3Gi"));
  t.deepEqual(await settled(), grown);
});

test.serial("smaller volumes are refused, before any object is changed", async (t) => {
  t.timeout(600_000);
  const shrunk = (path: string, claim: string) => `bgc-platform.${path}: is 2Gi, and claim ${claim} in data asks for 3Gi. A volume never shrinks. Write 3Gi or more, or move the data to a smaller volume: ${steps}`;
  await refused(t, sized("2Gi"), shrunk("postgres.storage", "data-postgres-0"), shrunk("postgres.backup.storage", "postgres-backup"));
});
