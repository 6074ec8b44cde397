import test from "ava";
import { images } from "../../../components/images.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { systemOf } from "./support/system.ts";

const name = "platform-service";
/** Settings that the engine has no use for are left to their defaults. */
const withEngine = (engine: object, backup: object = {}) =>
  systemOf("prod", name, { [name]: { postgres: { engine, backup: { storage: undefined, ...backup } } } });
const cloudNative = { kind: "cloudnative-pg", apiServerCidr: "10.43.0.1/32" };
const own = await systemOf("prod", name);
const operator = await withEngine({ ...cloudNative, instances: 5 });
const external = await withEngine({
  kind: "external",
  host: "db.example.com",
  port: 5433,
  cidr: "192.0.2.10/32",
  passwordSecret: "platform-db",
});

/** Settings that end what a vanished client has locked within a minute. */
const goneClients = {
  idle_in_transaction_session_timeout: "45s",
  tcp_keepalives_idle: "20s",
  tcp_keepalives_interval: "5s",
  tcp_keepalives_count: "5",
  tcp_user_timeout: "45s",
};
const clients = [
  ["Deployment", name],
  ["CronJob", "audit-retention"],
  ["CronJob", "postgres-maintenance"],
  ["Job", /^platform-migrations-/],
] as const;
const resolver = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
    { ipBlock: { cidr: "169.254.20.10/32" } },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));
const pods = (labels: object) => [{ podSelector: { matchLabels: labels } }];
const addresses = (cidr: string) => [{ ipBlock: { cidr } }];
/** Objects of the server that the stack runs itself. */
const ofOwnServer =
  /^(StatefulSet|Service|PodDisruptionBudget)\/postgres$|^Job\/postgres-provision-|^(CronJob|PersistentVolumeClaim|NetworkPolicy|Secret)\/postgres-(backup|provision|superuser)$|^ConfigMap\/postgres-scripts-/;

test("with another engine the stack runs no server, provisioning or backup of its own (P04)", (t) => {
  t.is(own.names.filter((each) => ofOwnServer.test(each)).length, 11);
  for (const { names } of [operator, external])
    t.deepEqual(
      names.filter((each) => ofOwnServer.test(each)),
      [],
    );
});

test("CloudNativePG makes the same database of the same owner, in as many instances as asked for (P04)", (t) => {
  const { instances, storage, bootstrap, resources } = operator.get("Cluster", "postgres")["spec"] as Record<
    string,
    unknown
  >;
  t.deepEqual(
    { instances, storage, bootstrap, resources },
    {
      instances: 5,
      storage: { size: "50Gi" },
      bootstrap: {
        initdb: {
          database: "platform_db",
          owner: "platform",
          secret: { name: "platform-secrets" },
          dataChecksums: true,
          encoding: "UTF8",
          postInitApplicationSQL: ['CREATE EXTENSION IF NOT EXISTS "pg_stat_statements"'],
        },
      },
      resources: {
        requests: { cpu: "250m", memory: "1Gi", "ephemeral-storage": "64Mi" },
        limits: { cpu: "2", memory: "2Gi", "ephemeral-storage": "1Gi" },
      },
    },
  );
  t.true(operator.names.includes("Secret/platform-secrets"));
});

test("CloudNativePG loads the library of pg_stat_statements, which it does for settings of that name (P04)", (t) => {
  const { postgresql } = operator.get("Cluster", "postgres")["spec"] as {
    postgresql: { parameters: Record<string, string> };
  };
  t.deepEqual(postgresql.parameters, {
    max_connections: "100",
    shared_buffers: "512MB",
    log_min_duration_statement: "500ms",
    "pg_stat_statements.max": "5000",
    ...goneClients,
  });
});

test("clients find CloudNativePG's server under the old name, with the old user and password file (P04)", (t) => {
  const { managed } = operator.get("Cluster", "postgres")["spec"] as { managed: unknown };
  t.deepEqual(managed, {
    services: { additional: [{ selectorType: "rw", serviceTemplate: { metadata: { name: "postgres" } } }] },
  });
  for (const [kind, client] of clients) {
    t.deepEqual(operator.env(kind, client), own.env(kind, client), String(client));
    t.deepEqual(operator.pods(kind, client).annotations, own.pods(kind, client).annotations, String(client));
  }
  t.is(operator.env("Deployment", name)["PGHOST"], "postgres");
});

const plugin = "barman-cloud.cloudnative-pg.io";
const spec = ({ get }: typeof operator, kind: string, object = "postgres") =>
  get(kind, object)["spec"] as Record<string, unknown>;

test("CloudNativePG archives each change to the bucket through the plugin, copies the whole at two each day, and begins with a copy (P06)", (t) => {
  t.deepEqual(spec(operator, "ScheduledBackup", "postgres-backup"), {
    schedule: "0 0 2 * * *",
    cluster: { name: "postgres" },
    method: "plugin",
    pluginConfiguration: { name: plugin },
    immediate: true,
    backupOwnerReference: "self",
  });
  t.deepEqual(spec(operator, "Cluster")["plugins"], [
    { name: plugin, isWALArchiver: true, parameters: { barmanObjectName: "postgres-archive", serverName: "postgres" } },
  ]);
  t.false("backup" in spec(operator, "Cluster"), "what the plugin does is not asked of the operator as well");
});

test("the archive is the stack's bucket in its region, and keeps what the stack says (P06)", (t) => {
  t.deepEqual(spec(operator, "ObjectStore", "postgres-archive"), {
    retentionPolicy: "30d",
    configuration: {
      destinationPath: "s3://production-platform-backups/platform-service/postgres",
      endpointURL: "https://s3.sa-east-1.amazonaws.com",
      s3Credentials: {
        accessKeyId: { name: "backup-s3-credentials", key: "access-key-id" },
        secretAccessKey: { name: "backup-s3-credentials", key: "secret-access-key" },
        region: { name: "postgres-archive-region", key: "region" },
      },
      wal: { compression: "gzip" },
      data: { compression: "gzip" },
    },
    instanceSidecarConfiguration: {
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
    },
  });
  t.deepEqual(operator.get("Secret", "postgres-archive-region")["stringData"], { region: "sa-east-1" });
});

test("the operator takes a new password at once, because it watches the Secret (X06)", (t) => {
  const { metadata, type } = operator.get("Secret", "platform-secrets");
  t.deepEqual([metadata.labels, type], [{ app: "postgres", "cnpg.io/reload": "true" }, "kubernetes.io/basic-auth"]);
  t.deepEqual(
    [own.get("Secret", "platform-secrets").metadata.labels, own.get("Secret", "platform-secrets")["type"]],
    [{ app: "postgres" }, "Opaque"],
  );
});

test("a write is acknowledged once others have it, so that a failover loses none; two servers go on alone rather than stop (X07)", async (t) => {
  const synchronous = async (instances: number) =>
    (spec(await withEngine({ ...cloudNative, instances }), "Cluster")["postgresql"] as { synchronous?: object })
      .synchronous;
  t.is(await synchronous(1), undefined);
  t.deepEqual(await synchronous(2), { method: "any", number: 1, dataDurability: "preferred" });
  t.deepEqual(await synchronous(3), { method: "any", number: 1, dataDurability: "required", failoverQuorum: true });
  t.deepEqual(await synchronous(5), { method: "any", number: 2, dataDurability: "required", failoverQuorum: true });
});

test("CloudNativePG runs the release that the other engine runs, for as long as that needs to start and to recover (B04, B05)", (t) => {
  const { imageName, probes } = spec(operator, "Cluster");
  t.is(imageName, "ghcr.io/cloudnative-pg/postgresql:15.20-standard-bookworm");
  t.is(images.postgres, "docker.io/library/postgres:15.20-bookworm");
  t.deepEqual(probes, {
    startup: { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 180 },
    liveness: { initialDelaySeconds: 60, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 5 },
  });
});

test("a lost database is made again from the archive up to a time, and archives under a name of its own (B12)", async (t) => {
  const restored = await withEngine({
    ...cloudNative,
    serverName: "postgres-2",
    recovery: { fromServerName: "postgres", targetTime: "2026-03-01T12:00:00Z" },
  });
  const { bootstrap, externalClusters, plugins } = spec(restored, "Cluster");
  t.deepEqual(
    { bootstrap, externalClusters, plugins },
    {
      bootstrap: {
        recovery: {
          source: "postgres",
          database: "platform_db",
          owner: "platform",
          secret: { name: "platform-secrets" },
          recoveryTarget: { targetTime: "2026-03-01T12:00:00Z" },
        },
      },
      externalClusters: [
        {
          name: "postgres",
          plugin: { name: plugin, parameters: { barmanObjectName: "postgres-archive", serverName: "postgres" } },
        },
      ],
      plugins: [
        {
          name: plugin,
          isWALArchiver: true,
          parameters: { barmanObjectName: "postgres-archive", serverName: "postgres-2" },
        },
      ],
    },
  );
  t.false("externalClusters" in spec(operator, "Cluster"));
});

test("without a time all that was archived is recovered (B12)", async (t) => {
  const restored = await withEngine({
    ...cloudNative,
    serverName: "postgres-2",
    recovery: { fromServerName: "postgres" },
  });
  t.deepEqual(spec(restored, "Cluster")["bootstrap"], {
    recovery: { source: "postgres", database: "platform_db", owner: "platform", secret: { name: "platform-secrets" } },
  });
});

const refused = (engine: object, backup: object = {}) => ({
  [name]: { postgres: { engine: { ...cloudNative, ...engine }, backup: { storage: undefined, ...backup } } },
  systems: [name],
});

test("a recovery into the archive it reads is refused, because the new server would then archive nothing (B12)", async (t) => {
  await t.throwsAsync(stackVariant("prod", refused({ recovery: { fromServerName: "postgres" } })), {
    message:
      'postgres: engine cloudnative-pg: postgres.engine.recovery.fromServerName is "postgres", which is also the name that the new server archives under: set postgres.engine.serverName to another one, such as "postgres-2"',
  });
});

test("what CloudNativePG has no place for is refused with its way out, and not dropped (X07)", async (t) => {
  await t.throwsAsync(
    stackVariant("prod", refused({}, { timeZone: "America/Sao_Paulo", keepAtLeast: 3, storage: "100Gi" })),
    {
      message:
        "postgres: engine cloudnative-pg: " +
        'postgres.backup.timeZone is "America/Sao_Paulo", and the operator\'s schedules are in UTC: write postgres.backup.schedule in UTC and remove the time zone; ' +
        "postgres.backup.storage is 100Gi, and copies go to the bucket alone: remove it; " +
        "postgres.backup.keepAtLeast is 3, and the bucket keeps copies by their days: remove it and set postgres.backup.keepDays",
    },
  );
});

test("flows lead to the operator's pods: clients, each other and the operator come in (X05)", (t) => {
  const { podSelector, ingress } = operator.spec("NetworkPolicy", "postgres");
  t.deepEqual(podSelector.matchLabels, { "cnpg.io/cluster": "postgres" });
  t.deepEqual(ingress as unknown, [
    ...["platform-service", "platform-migrations", "audit-retention", "postgres-maintenance"].map((app) => ({
      from: pods({ app }),
      ports: tcp(5432),
    })),
    { from: pods({ "cnpg.io/cluster": "postgres" }), ports: tcp(5432, 8000) },
    {
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "cnpg-system" } } }],
      ports: tcp(5432, 8000),
    },
  ]);
  t.deepEqual(operator.spec("NetworkPolicy", "audit-retention").egress as unknown, [
    resolver,
    { to: pods({ "cnpg.io/cluster": "postgres" }), ports: tcp(5432) },
  ]);
});

test("the operator's pods reach each other, the API server and the bucket that they copy to, and nothing else (X05, X07)", (t) => {
  t.deepEqual(operator.spec("NetworkPolicy", "postgres").egress as unknown, [
    resolver,
    { to: pods({ "cnpg.io/cluster": "postgres" }), ports: tcp(5432, 8000) },
    { to: addresses("10.43.0.1/32"), ports: tcp(443, 6443) },
    { to: addresses("10.0.32.0/24"), ports: tcp(443) },
  ]);
});

test("the API server is reached on the ports that the stack names, because policies see where a packet really goes (X05)", async (t) => {
  const opened = async (engine: object) =>
    (await withEngine(engine))
      .spec("NetworkPolicy", "postgres")
      .egress.find(({ to }) => to[0]?.ipBlock?.cidr === "10.43.0.1/32")?.ports as unknown;
  t.deepEqual(await opened(cloudNative), tcp(443, 6443));
  t.deepEqual(await opened({ ...cloudNative, apiServerPorts: [16443] }), tcp(16443));
});

test("without a bucket CloudNativePG is refused, because there would be no copy at all (X07)", async (t) => {
  await t.throwsAsync(
    stackVariant("dev", {
      systems: [name],
      [name]: {
        applications: { source: "images", service: "platform-service:v1.1.0" },
        postgres: { engine: cloudNative, backup: { storage: undefined, keepAtLeast: undefined } },
      },
    }),
    {
      message:
        "postgres: engine cloudnative-pg: postgres.backup.s3 is not set, and copies go to a bucket alone: set it",
    },
  );
});

test("clients of an external server have its host, port and Secret (P04)", (t) => {
  for (const [kind, client] of clients) {
    const { PGHOST, PGPORT, PGDATABASE, PGUSER } = external.env(kind, client);
    t.deepEqual(
      [PGHOST, PGPORT, PGDATABASE, PGUSER],
      ["db.example.com", "5433", "platform_db", "platform"],
      String(client),
    );
  }
  const volume = external
    .spec("Deployment", name)
    .template.spec.volumes.find((each) => each.name === "credentials-postgres");
  t.is(volume?.secret.secretName, "platform-db");
  t.deepEqual(
    external.names.filter((each) => /^(Cluster|ScheduledBackup|Secret\/platform-secrets)/.test(each)),
    [],
  );
});

test("only clients may go to the external server, and to exactly its addresses and port (X05)", (t) => {
  t.deepEqual(external.spec("NetworkPolicy", "audit-retention").egress as unknown, [
    resolver,
    { to: addresses("192.0.2.10/32"), ports: tcp(5433) },
  ]);
  const outside = external.objects
    .filter((object) => object.kind === "NetworkPolicy" && JSON.stringify(object).includes("192.0.2.10/32"))
    .map(({ metadata }) => metadata.name);
  t.deepEqual(outside.sort(), ["audit-retention", "platform-migrations", "platform-service", "postgres-maintenance"]);
  t.false(external.names.includes("NetworkPolicy/postgres"));
  t.false(JSON.stringify(external.objects.filter(({ kind }) => kind === "NetworkPolicy")).includes("5432"));
});

test("operations are told of the server that clients use, and of no workload or backup that is not there", (t) => {
  t.deepEqual(own.targets[0]!.dataStores[0], {
    kind: "postgres",
    name: "postgres",
    service: "postgres",
    port: 5432,
    database: "platform_db",
    user: "platform",
    backup: "postgres-backup",
  });
  t.deepEqual(external.targets[0]!.dataStores[0], {
    kind: "postgres",
    name: "postgres",
    service: "db.example.com",
    port: 5433,
    database: "platform_db",
    user: "platform",
  });
  for (const { targets } of [operator, external])
    t.deepEqual(
      targets[0]!.workloads.map((workload) => workload.name),
      ["redis", name],
    );
});

test("every engine's server ends what a vanished client has locked within a minute, whichever way it went (P04, E14)", async (t) => {
  const { args } = own.container("StatefulSet", "postgres");
  t.deepEqual(
    Object.fromEntries(args.filter((arg) => /^(idle_in|tcp_)/.test(arg)).map((arg) => arg.split("="))),
    goneClients,
  );
  const { parameters } = (
    operator.get("Cluster", "postgres")["spec"] as { postgresql: { parameters: Record<string, string> } }
  ).postgresql;
  t.deepEqual(
    Object.fromEntries(Object.entries(parameters).filter(([name]) => /^(idle_in|tcp_)/.test(name))),
    goneClients,
  );
});
