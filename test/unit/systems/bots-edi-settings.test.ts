import test from "ava";
import { systemOf } from "./support/system.ts";

const before = await systemOf("prod", "bots-edi");
const after = await systemOf("prod", "bots-edi", {
  clusterAddons: ["sealed-secrets"],
  "bots-edi": {
    applications: { bots: "harbor.pminc.me/priv/bots-edi:v1.3.0" },
    engine: { suspended: true, schedule: "*/15 * * * *", timeZone: "America/Sao_Paulo" },
    ini: { maxattempts: 5 },
    database: { cidr: "10.20.0.11/32", port: 3307, sealedPassword: "AgB" },
    data: { claimName: "bots-edi-data-pvc-restored", snapshot: "bots-data-snapshot-20260204", storage: "30Gi" },
  },
});
const programs = [
  ["Deployment", "bots-webserver"],
  ["Deployment", "bots-jobqueue"],
  ["CronJob", "bots-engine"],
] as const;

test("the engine is suspended and resumed by the configuration, which no one else's patch outlives (E03)", (t) => {
  const { suspend, schedule, timeZone, concurrencyPolicy } = after.spec("CronJob", "bots-engine");
  t.deepEqual(
    { suspend, schedule, timeZone, concurrencyPolicy },
    { suspend: true, schedule: "*/15 * * * *", timeZone: "America/Sao_Paulo", concurrencyPolicy: "Forbid" },
  );
  t.false(before.spec("CronJob", "bots-engine").suspend);
  t.false(after.spec("CronJob", "bots-db-backup").suspend, "the backup goes on");
});

test("one setting changes the image of every program and of the migrations, which run again (E04, E16)", (t) => {
  const images = ({ objects }: typeof after) => [...new Set(JSON.stringify(objects).match(/harbor\.pminc\.me[^"]+/g))];
  t.deepEqual(images(before), ["harbor.pminc.me/priv/bots-edi:v1.2.0"]);
  t.deepEqual(images(after), ["harbor.pminc.me/priv/bots-edi:v1.3.0"]);
  const migrations = ({ names }: typeof after) => names.filter((name) => name.startsWith("Job/bots-migrate-"));
  t.notDeepEqual(migrations(after), migrations(before));
});

test("a change of bots.ini changes the annotation of all three programs' pods (E05)", (t) => {
  t.is(after.config("bots-config-ini")["bots.ini"]!.includes("maxattempts = 5\n"), true);
  t.is(before.config("bots-config-ini")["bots.ini"]!.includes("maxattempts = 3\n"), true);
  const key = "config.production-platform/bots-config-ini";
  for (const [kind, name] of programs)
    t.not(after.pods(kind, name).annotations[key], before.pods(kind, name).annotations[key], name);
});

test("a password sealed anew is in the SealedSecret bots-edidb-secret and rolls all three programs (E05, X06)", async (t) => {
  t.deepEqual(after.get("SealedSecret", "bots-edidb-secret")["spec"], {
    encryptedData: { password: "AgB" },
    template: {
      metadata: { name: "bots-edidb-secret", namespace: "edi", labels: { app: "bots-edi" } },
      type: "Opaque",
    },
  });
  const key = "credential.production-platform/bots-edidb-secret";
  const again = await systemOf("prod", "bots-edi", { "bots-edi": { database: { sealedPassword: "AgC" } } });
  for (const [kind, name] of programs) {
    t.regex(after.pods(kind, name).annotations[key]!, /^[0-9a-f]{8}$/);
    t.not(again.pods(kind, name).annotations[key], after.pods(kind, name).annotations[key], name);
  }
});

test("another server's address and port replace the old ones in every policy (E06)", (t) => {
  for (const app of ["bots-webserver", "bots-jobqueue", "bots-engine", "bots-migrate", "bots-db-backup"]) {
    t.deepEqual(
      after.spec("NetworkPolicy", app).egress[1] as unknown,
      { to: [{ ipBlock: { cidr: "10.20.0.11/32" } }], ports: [{ protocol: "TCP", port: 3307 }] },
      app,
    );
  }
  t.false(JSON.stringify(after.objects).includes("10.20.0.10/32"));
  t.is(after.env("Deployment", "bots-webserver")["MYSQL_PORT"], "3307");
});

test("a volume restored from a snapshot is a new claim that all three programs use (E11, E15)", (t) => {
  t.deepEqual(after.spec("PersistentVolumeClaim", "bots-edi-data-pvc-restored") as unknown, {
    accessModes: ["ReadWriteMany"],
    storageClassName: "t1-shiva-nfs",
    dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "bots-data-snapshot-20260204" },
    resources: { requests: { storage: "30Gi" } },
  });
  for (const [kind, name] of programs)
    t.true(JSON.stringify(after.get(kind, name)["spec"]).includes('"claimName":"bots-edi-data-pvc-restored"'), name);
  t.false(JSON.stringify(after.objects).includes('"bots-edi-data-pvc"'));
});

test("without the add-ons there is no snapshot job, no Velero schedule and a self-signed certificate, each alone (E08, E11)", (t) => {
  const of = ({ names }: typeof after) =>
    names.filter((name) =>
      /^(CronJob\/bots-data-snapshots|Schedule\/.*|Certificate\/.*|Secret\/bots-edi-tls)$/.test(name),
    );
  t.deepEqual(of(before), ["Certificate/bots-edi-ingress", "CronJob/bots-data-snapshots", "Schedule/bots-edi-backup"]);
  t.deepEqual(of(after), ["Secret/bots-edi-tls"]);
});
