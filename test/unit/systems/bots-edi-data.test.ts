import test from "ava";
import { systemOf } from "./support/system.ts";

const dev = await systemOf("dev", "bots-edi");
const prod = await systemOf("prod", "bots-edi");
const both = Object.entries({ dev, prod });
const users = [
  ["Deployment", "bots-webserver"],
  ["Deployment", "bots-jobqueue"],
  ["CronJob", "bots-engine"],
] as const;

test("production talks to the runbook's MySQL and opens exactly its address and port (E06)", (t) => {
  for (const [kind, name] of [...users, ["Job", /^bots-migrate-/] as const]) {
    const { MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE } = prod.env(kind, name);
    t.deepEqual(
      { MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE },
      { MYSQL_HOST: "kona.db.pminc.me", MYSQL_PORT: "3306", MYSQL_USER: "botsedi", MYSQL_DATABASE: "botsedi_data" },
      String(name),
    );
  }
  for (const app of ["bots-webserver", "bots-jobqueue", "bots-engine", "bots-migrate"]) {
    const [dns, ...outside] = prod.spec("NetworkPolicy", app).egress;
    t.is(dns!.ports[0]!.port, 53, app);
    t.deepEqual(
      outside as unknown,
      [{ to: [{ ipBlock: { cidr: "10.20.0.10/32" } }], ports: [{ protocol: "TCP", port: 3306 }] }],
      app,
    );
  }
  t.deepEqual(
    prod.names.filter((name) => /^(StatefulSet|Service|Job)\/mysql/.test(name)),
    [],
  );
});

test("a local stack has a MySQL of its own in the namespace instead, and opens no address outside (E06)", (t) => {
  const { MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE } = dev.env("Deployment", "bots-webserver");
  t.deepEqual(
    { MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE },
    { MYSQL_HOST: "mysql", MYSQL_PORT: "3306", MYSQL_USER: "botsedi", MYSQL_DATABASE: "botsedi_data" },
  );
  t.deepEqual(
    dev.spec("Service", "mysql").ports.map(({ port }) => port),
    [3306],
  );
  t.is(dev.spec("StatefulSet", "mysql").replicas, 1);
  const { APP_USER, APP_DATABASE, MYSQL_USER: administrator } = dev.env("Job", /^mysql-provision-/);
  t.deepEqual([APP_USER, APP_DATABASE, administrator], ["botsedi", "botsedi_data", "root"]);
  const policies = dev.objects.filter(({ kind }) => kind === "NetworkPolicy");
  t.true(policies.length > 5);
  t.deepEqual(
    [...new Set(JSON.stringify(policies).match(/"cidr":"[^"]*"/g))],
    ['"cidr":"169.254.20.10/32"'],
    "the name service's address on each node",
  );
});

test("MySQL's server finds out within a minute that a client's node has vanished (E14)", (t) => {
  t.deepEqual(
    dev.container("StatefulSet", "mysql").args.filter((arg) => arg.startsWith("--tcp-keepalive")),
    ["--tcp-keepalive-time=20", "--tcp-keepalive-interval=5", "--tcp-keepalive-probes=5"],
  );
});

test("a crash recovery of MySQL of half an hour is waited for, and what keeps it alive is not what makes it ready (X03)", (t) => {
  const { startupProbe, livenessProbe, readinessProbe } = dev.container("StatefulSet", "mysql");
  t.is(startupProbe.periodSeconds * startupProbe.failureThreshold, 1800);
  t.deepEqual([livenessProbe.periodSeconds, livenessProbe.timeoutSeconds, livenessProbe.failureThreshold], [30, 10, 5]);
  t.notDeepEqual([livenessProbe.exec, livenessProbe.tcpSocket], [readinessProbe.exec, readinessProbe.tcpSocket]);
});

test("bots-edi-data-pvc is 20Gi that many nodes write, of class t1-shiva-nfs; a local stack has one node's volume (E07)", (t) => {
  t.deepEqual(prod.spec("PersistentVolumeClaim", "bots-edi-data-pvc") as unknown, {
    accessModes: ["ReadWriteMany"],
    storageClassName: "t1-shiva-nfs",
    resources: { requests: { storage: "20Gi" } },
  });
  t.deepEqual(dev.spec("PersistentVolumeClaim", "bots-edi-data-pvc") as unknown, {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "2Gi" } },
  });
});

test("all three programs see the data at /home/bots/.bots, and nobody else does (E07)", (t) => {
  for (const [stack, { objects, container, spec }] of both) {
    for (const [kind, name] of users) {
      const pod = kind === "CronJob" ? spec(kind, name).jobTemplate.spec.template.spec : spec(kind, name).template.spec;
      const volume = pod.volumes.find(
        ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === "bots-edi-data-pvc",
      );
      t.deepEqual(
        container(kind, name).volumeMounts.filter((mount) => mount.name === volume?.name) as unknown,
        [{ name: "home-bots-bots", mountPath: "/home/bots/.bots" }],
        `${stack} ${name}`,
      );
    }
    t.is(
      objects.filter((object) => JSON.stringify(object["spec"] ?? {}).includes('"claimName":"bots-edi-data-pvc"'))
        .length,
      users.length,
      stack,
    );
  }
});

test("bots-db-backup exports the fixture, dumps, counts, verifies and only then prunes, daily at two (E09, E10)", (t) => {
  for (const [stack, steps, keep] of [
    ["dev", ["wait-for-database", "dumpdata", "dump", "count", "verify", "prune"], ["7", "3"]],
    ["prod", ["wait-for-database", "dumpdata", "dump", "count", "verify", "prune", "upload"], ["30", "7"]],
  ] as const) {
    const system = { dev, prod }[stack];
    const { schedule, timeZone, concurrencyPolicy, jobTemplate } = system.spec("CronJob", "bots-db-backup");
    t.deepEqual(
      { schedule, timeZone, concurrencyPolicy },
      { schedule: "0 2 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
      stack,
    );
    t.deepEqual(system.containers("CronJob", "bots-db-backup"), [...steps], stack);
    t.deepEqual(
      jobTemplate.spec.template.spec.containers.map(({ name }) => name),
      steps.slice(-1),
      `${stack}: the others are init containers, so that a failure of one ends the job before anything is deleted`,
    );
    const { KEEP_DAYS, KEEP_AT_LEAST } = system.env("CronJob", "bots-db-backup", "prune");
    t.deepEqual([KEEP_DAYS, KEEP_AT_LEAST], [...keep], stack);
    t.is(system.get("CronJob", "bots-db-backup").metadata.labels?.["production-platform/backup-of"], "mysql", stack);
  }
});

test("the fixture leaves out auth.permission and contenttypes, with the image as with the contract server (E09)", (t) => {
  t.deepEqual(prod.container("CronJob", "bots-db-backup", "dumpdata").command, [
    "python",
    "manage.py",
    "dumpdata",
    "--exclude",
    "auth.permission",
    "--exclude",
    "contenttypes",
    "--output",
    "/staging/dumpdata.json",
  ]);
  const { EXCLUDE, OUTPUT_FILE } = dev.env("CronJob", "bots-db-backup", "dumpdata");
  t.deepEqual(
    { EXCLUDE, OUTPUT_FILE },
    { EXCLUDE: "auth.permission,contenttypes", OUTPUT_FILE: "/staging/dumpdata.json" },
  );
  for (const [stack, { container }] of both) {
    for (const step of ["dumpdata", "dump"])
      t.true(
        container("CronJob", "bots-db-backup", step).volumeMounts.some(({ mountPath }) => mountPath === "/staging"),
        `${stack} ${step}`,
      );
  }
});

test("the dump is one transaction, and pruning takes no container's word but its own exit status (E09, E10)", (t) => {
  for (const [stack, { config, container }] of both) {
    const files = config(/^bots-db-backup-scripts-/);
    t.regex(files["dump.sh"]!, /^dump_program .*--single-transaction .*"\$MYSQL_DATABASE" \| gzip/m, stack);
    for (const script of ["dump.sh", "verify.sh", "prune.sh"])
      t.regex(`${files["connection.sh"]}${files[script]}`, /^set -euo pipefail$/m, `${stack} ${script}`);
    t.deepEqual(container("CronJob", "bots-db-backup", "prune").command, ["bash", "/scripts/prune.sh"], stack);
  }
});

test("production's MySQL is dumped and proven by programs of MySQL, and a server in the namespace or an external MariaDB by MariaDB's (E06, E10)", async (t) => {
  const mariadb = await systemOf("prod", "bots-edi", { "bots-edi": { database: { server: "mariadb" } } });
  for (const [system, server, image] of [
    [prod, "mysql", "docker.io/library/mysql:9.7.4"],
    [dev, "mariadb", "docker.io/library/mariadb:10.11.19"],
    [mariadb, "mariadb", "docker.io/library/mariadb:10.11.19"],
  ] as const) {
    for (const step of ["dump", "verify"]) {
      t.is(system.container("CronJob", "bots-db-backup", step).image, image, step);
      t.is(system.env("CronJob", "bots-db-backup", step)["DATABASE_SERVER"], server, step);
      t.is(system.env("CronJob", "bots-db-backup", step)["MYSQL_DATABASE"], "botsedi_data", step);
    }
  }
  t.is(dev.env("Job", /^mysql-provision-/)["DATABASE_SERVER"], "mariadb");
});

test("the copy's fixture is read to its end by a program of two files, in the memory of one record (E10)", (t) => {
  for (const [stack, { container, config }] of both) {
    const { image, command, resources } = container("CronJob", "bots-db-backup", "count");
    t.deepEqual(
      [image, command, resources.limits["memory"]],
      ["docker.io/library/node:24.21.0-bookworm-slim", ["node", "/counter/count-fixture.ts"], "512Mi"],
      stack,
    );
    t.deepEqual(
      Object.keys(config(/^bots-fixture-counter-/)).sort(),
      ["count-fixture.ts", "fixture.ts", "package.json"],
      stack,
    );
  }
});

test("the room for the fixture is that of the database, and a claim where a node's own disk should not hold it (E09)", async (t) => {
  const staging = ({ spec }: typeof dev): unknown =>
    spec("CronJob", "bots-db-backup").jobTemplate.spec.template.spec.volumes.find(({ name }) => name === "staging");
  const claim = (storage: string, more = {}) => ({
    name: "staging",
    ephemeral: {
      volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"], ...more, resources: { requests: { storage } } } },
    },
  });
  t.deepEqual(staging(dev), { name: "staging", emptyDir: { sizeLimit: "2Gi" } });
  t.deepEqual(staging(prod), claim("10Gi"));
  t.deepEqual(
    staging(
      await systemOf("prod", "bots-edi", { storageClass: "slow", "bots-edi": { database: { storage: "40Gi" } } }),
    ),
    claim("40Gi", { storageClassName: "slow" }),
  );
});

test("verified copies are on bots-backup-pvc, a claim of one node (E07, E09)", (t) => {
  t.deepEqual(prod.spec("PersistentVolumeClaim", "bots-backup-pvc") as unknown, {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "50Gi" } },
  });
  for (const [stack, { spec }] of both) {
    const { volumes } = spec("CronJob", "bots-db-backup").jobTemplate.spec.template.spec;
    t.is(volumes.find(({ name }) => name === "backups")?.persistentVolumeClaim.claimName, "bots-backup-pvc", stack);
  }
});

test("where the cluster has snapshots, a job takes one of the data each night with class csi-snapclass (E11)", (t) => {
  const { schedule, timeZone, concurrencyPolicy } = prod.spec("CronJob", "bots-data-snapshots");
  t.deepEqual(
    { schedule, timeZone, concurrencyPolicy },
    { schedule: "0 1 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
  );
  t.deepEqual(prod.env("CronJob", "bots-data-snapshots"), {
    NAMESPACE: "edi",
    CLAIM: "bots-edi-data-pvc",
    SNAPSHOT_CLASS: "csi-snapclass",
    KEEP: "7",
  });
  t.deepEqual(prod.get("Role", "bots-data-snapshots")["rules"], [
    {
      apiGroups: ["snapshot.storage.k8s.io"],
      resources: ["volumesnapshots"],
      verbs: ["create", "list", "get", "delete"],
    },
  ]);
  t.deepEqual(prod.get("RoleBinding", "bots-data-snapshots")["subjects"], [
    { kind: "ServiceAccount", name: "bots-data-snapshots", namespace: "edi" },
  ]);
});

test("where the cluster has Velero, it backs up namespace edi with its volumes and keeps that for 30 days (E11)", (t) => {
  t.deepEqual(prod.get("Schedule", "bots-edi-backup")["spec"], {
    schedule: "0 4 * * *",
    template: { includedNamespaces: ["edi"], snapshotVolumes: true, ttl: "720h0m0s" },
  });
});

test("a cluster without those add-ons gets neither, nor their rights (E11)", (t) => {
  t.deepEqual(
    dev.names.filter((name) => /^(Schedule|Role|RoleBinding|Certificate)\/|snapshots/.test(name)),
    [],
  );
});
