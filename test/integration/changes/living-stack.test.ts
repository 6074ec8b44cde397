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
const stack = (settings: object) =>
  stringify({
    config: {
      "production-platform:purpose": "development",
      "production-platform:context": "kind-volumes",
      "production-platform:storageClass": "disk",
      "production-platform:systems": ["bgc-platform"],
      "production-platform:policies": {
        "P03-configuration-exists": { madeElsewhere: ["kube-root-ca.crt", "external-password"] },
      },
      "production-platform:bgc-platform": { applications: { source: "contract-server" }, ...settings },
    },
  });

const sized = (storage: string) => ({ postgres: { storage, backup: { storage } } });

/** A class whose volumes nobody makes: two are there, for the store and for its copies. */
const volumes = [
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "disk" },
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "Immediate",
  },
  ...["one", "two"].map((name) => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      capacity: { storage: "2Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "disk",
      persistentVolumeReclaimPolicy: "Retain",
      hostPath: { path: `/volumes/${name}` },
    },
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

/** Brings a stack up with these settings of its system. */
async function up(settings: object, name = "volumes"): Promise<{ readonly code: number; readonly said: string }> {
  writeFileSync(join(checkout, `Pulumi.${name}.yaml`), stack(settings));
  const { code, stdout, stderr } = await command("env", [
    `KUBECONFIG=${cluster.kubeconfig}`,
    `PLATFORM_STATE=${join(folder, "machine")}`,
    process.execPath,
    join(checkout, "scripts/run.mjs"),
    "up",
    "--stack",
    name,
  ]);
  return { code, said: stdout + stderr };
}

/** Proves that an update got as far as the health endpoints, which nobody answers on a simulated node. */
async function updated(t: ExecutionContext, settings: object): Promise<void> {
  const { said } = await up(settings);
  t.regex(said, /^ {5}bgc-platform: the rest passes: 5 workloads Ready, /m, said);
  t.deepEqual(
    said.split("\n").filter((line) => line.startsWith("FAIL") && !/: (API|Web|Integration gateway) \//.test(line)),
    [],
    said,
  );
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
async function refused(
  t: ExecutionContext,
  settings: object,
  problems: readonly string[],
  name?: string,
): Promise<void> {
  const before = await settled();
  const { code, said } = await up(settings, name);
  t.is(code, 1, said);
  const count = `${problems.length} change${problems.length === 1 ? "" : "s"}`;
  for (const line of [
    `the stack's configuration asks for ${count} that what runs cannot take, and nothing was changed:`,
    ...problems,
  ])
    t.true(said.includes(line), `${line}\n\n${said}`);
  t.notRegex(said, /forbidden|is invalid/, "the API server's own words");
  t.deepEqual(await cluster.objects(), before);
}

/** What the two claims ask for, and what the StatefulSet's template says. */
const asked = async () => {
  const of = (kind: string, path: string) =>
    cluster.kubectl(["get", kind, "--namespace=data", `--output=jsonpath=${path}`]);
  const size = "{.spec.resources.requests.storage}";
  return [
    await of("pvc/data-postgres-0", size),
    await of("pvc/postgres-backup", size),
    await of("statefulset/postgres", "{.spec.volumeClaimTemplates[0].spec.resources.requests.storage}"),
  ];
};

const generation = () =>
  cluster.kubectl(["get", "statefulset/postgres", "--namespace=data", "--output=jsonpath={.metadata.generation}"]);
const steps = 'docs/day-two.md has the steps, under "Move data to another volume"';
const fixed = (path: string, claim: string) =>
  `bgc-platform.${path}: is 3Gi, and claim ${claim} in data asks for 2Gi. Its storage class "disk" does not let volumes grow (allowVolumeExpansion). Write 2Gi, or move the data to a larger volume: ${steps}`;

test.serial("larger volumes are refused where their class cannot grow, before any object is changed", async (t) => {
  t.timeout(900_000);
  await updated(t, sized("2Gi"));
  t.deepEqual(await asked(), ["2Gi", "2Gi", "2Gi"]);
  await refused(t, sized("3Gi"), [
    fixed("postgres.storage", "data-postgres-0"),
    fixed("postgres.backup.storage", "postgres-backup"),
  ]);
});

test.serial("another engine is refused while the store's volume is there", async (t) => {
  t.timeout(600_000);
  const external = {
    postgres: {
      engine: { kind: "external", host: "db.example.com", cidr: "203.0.113.7/32", passwordSecret: "external-password" },
    },
  };
  await refused(t, external, [
    'bgc-platform.postgres.engine.kind: is "external", and the data of postgres in data are on the volumes of "statefulset" (data-postgres-0). An update moves no data, and the new store would begin empty. ' +
      'Write "statefulset", or move the data: docs/day-two.md has the steps, under "Change the engine of a store"',
  ]);
});

test.serial(
  "volumes grow where their class can, no StatefulSet is touched, and a second update changes nothing",
  async (t) => {
    t.timeout(900_000);
    await cluster.kubectl(["patch", "storageclass/disk", '--patch={"allowVolumeExpansion":true}']);
    const before = await generation();
    await updated(t, sized("3Gi"));
    t.deepEqual(await asked(), ["3Gi", "3Gi", "2Gi"]);
    t.is(await generation(), before);
    const grown = await settled();
    await updated(t, sized("3Gi"));
    t.deepEqual(await settled(), grown);
  },
);

test.serial("smaller volumes are refused, before any object is changed", async (t) => {
  t.timeout(600_000);
  const shrunk = (path: string, claim: string) =>
    `bgc-platform.${path}: is 2Gi, and claim ${claim} in data asks for 3Gi. A volume never shrinks. Write 3Gi or more, or move the data to a smaller volume: ${steps}`;
  await refused(t, sized("2Gi"), [
    shrunk("postgres.storage", "data-postgres-0"),
    shrunk("postgres.backup.storage", "postgres-backup"),
  ]);
});

test.serial("another stack does not take over what is there", async (t) => {
  t.timeout(600_000);
  await refused(
    t,
    sized("3Gi"),
    [
      "systems: names bgc-platform, and its namespace data is there already: stack volumes has made it. An update would take over what is in it. " +
        "Bring other up on another cluster, or hand the namespace over: kubectl annotate namespace data --overwrite production-platform/stack=other",
    ],
    "other",
  );
});

test.serial(
  "what a person set by hand gives way to the stack when the stack changes it, and a second update changes nothing",
  async (t) => {
    t.timeout(900_000);
    const inData = (...args: string[]) => cluster.kubectl([...args, "--namespace=data"]);
    await inData("scale", "deployment/bgc-api", "--replicas=4");
    await inData("set", "env", "deployment/bgc-api", "FREE_TIER_REQUESTS_PER_DAY=99");
    await inData("patch", "cronjob/postgres-backup", '--patch={"spec":{"schedule":"0 1 * * *"}}');
    await inData("patch", "resourcequota/quota", '--patch={"spec":{"hard":{"pods":"99"}}}');
    const changed = {
      postgres: { storage: "3Gi", backup: { storage: "3Gi", schedule: "30 2 * * *" } },
      api: { replicas: 2, freeTierRequestsPerDay: 7 },
      quota: { pods: 45 },
    };
    await updated(t, changed);
    const now = (object: string, path: string) => inData("get", object, `--output=jsonpath=${path}`);
    t.deepEqual(
      [
        await now("deployment/bgc-api", "{.spec.replicas}"),
        await now(
          "deployment/bgc-api",
          '{.spec.template.spec.containers[0].env[?(@.name=="FREE_TIER_REQUESTS_PER_DAY")].value}',
        ),
        await now("cronjob/postgres-backup", "{.spec.schedule}"),
        await now("resourcequota/quota", "{.spec.hard.pods}"),
      ],
      ["2", "7", "30 2 * * *", "45"],
    );
    const there = await settled();
    await updated(t, changed);
    t.deepEqual(await settled(), there);
  },
);
