import test from "ava";
import { stackVariant } from "../../support/stack-variant.ts";
import { systemOf } from "./support/system.ts";

const name = "platform-service";
const withEngine = (engine: object) => systemOf("prod", name, { [name]: { postgres: { engine } } });
const own = await systemOf("prod", name);
const operator = await withEngine({ kind: "cloudnative-pg", instances: 5, apiServerCidr: "10.43.0.1/32" });
const external = await withEngine({ kind: "external", host: "db.example.com", port: 5433, cidr: "192.0.2.10/32", passwordSecret: "platform-db" });

/** Settings that end what a vanished client has locked within a minute. */
const goneClients = { idle_in_transaction_session_timeout: "45s", tcp_keepalives_idle: "20s", tcp_keepalives_interval: "5s", tcp_keepalives_count: "5", tcp_user_timeout: "45s" };
const clients = [["Deployment", name], ["CronJob", "audit-retention"], ["CronJob", "postgres-maintenance"], ["Job", /^platform-migrations-/]] as const;
const resolver = { to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } }, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }, { ipBlock: { cidr: "169.254.20.10/32" } }], ports: [{ protocol: "UDP", port: 53 }, { protocol: "TCP", port: 53 }] };
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));
const pods = (labels: object) => [{ podSelector: { matchLabels: labels } }];
const addresses = (cidr: string) => [{ ipBlock: { cidr } }];
/** Objects of the server that the stack runs itself. */
const ofOwnServer = /^(StatefulSet|Service|PodDisruptionBudget)\/postgres$|^Job\/postgres-provision-|^(CronJob|PersistentVolumeClaim|NetworkPolicy|Secret)\/postgres-(backup|provision|superuser)$|^ConfigMap\/postgres-scripts-/;

test("with another engine the stack runs no server, provisioning or backup of its own (P04)", (t) => {
  t.is(own.names.filter((each) => ofOwnServer.test(each)).length, 11);
  for (const { names } of [operator, external]) t.deepEqual(names.filter((each) => ofOwnServer.test(each)), []);
});

test("CloudNativePG makes the same database of the same owner, in as many instances as asked for (P04)", (t) => {
  const { instances, storage, bootstrap, resources } = operator.get("Cluster", "postgres")["spec"] as Record<string, unknown>;
  t.deepEqual({ instances, storage, bootstrap, resources }, {
    instances: 5,
    storage: { size: "50Gi" },
    bootstrap: { initdb: { database: "platform_db", owner: "platform", secret: { name: "platform-secrets" }, dataChecksums: true, encoding: "UTF8", postInitApplicationSQL: ['CREATE EXTENSION IF NOT EXISTS "pg_stat_statements"'] } },
    resources: { requests: { cpu: "250m", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
  });
  t.true(operator.names.includes("Secret/platform-secrets"));
});

test("CloudNativePG loads the library of pg_stat_statements, which it does for settings of that name (P04)", (t) => {
  const { postgresql } = operator.get("Cluster", "postgres")["spec"] as { postgresql: { parameters: Record<string, string> } };
  t.deepEqual(postgresql.parameters, { max_connections: "100", shared_buffers: "512MB", log_min_duration_statement: "500ms", "pg_stat_statements.max": "5000", ...goneClients });
});

test("clients find CloudNativePG's server under the old name, with the old user and password file (P04)", (t) => {
  const { managed } = operator.get("Cluster", "postgres")["spec"] as { managed: unknown };
  t.deepEqual(managed, { services: { additional: [{ selectorType: "rw", serviceTemplate: { metadata: { name: "postgres" } } }] } });
  for (const [kind, client] of clients) {
    t.deepEqual(operator.env(kind, client), own.env(kind, client), String(client));
    t.deepEqual(operator.pods(kind, client).annotations, own.pods(kind, client).annotations, String(client));
  }
  t.is(operator.env("Deployment", name)["PGHOST"], "postgres");
});

test("CloudNativePG copies to the bucket at two each day and keeps what the stack says (P06)", (t) => {
  t.deepEqual(operator.get("ScheduledBackup", "postgres-backup")["spec"], { schedule: "0 0 2 * * *", cluster: { name: "postgres" }, backupOwnerReference: "self" });
  t.deepEqual((operator.get("Cluster", "postgres")["spec"] as { backup: unknown }).backup, {
    retentionPolicy: "30d",
    barmanObjectStore: {
      destinationPath: "s3://production-platform-backups/platform-service/postgres",
      endpointURL: "https://s3.sa-east-1.amazonaws.com",
      s3Credentials: { accessKeyId: { name: "backup-s3-credentials", key: "access-key-id" }, secretAccessKey: { name: "backup-s3-credentials", key: "secret-access-key" } },
    },
  });
});

test("flows lead to the operator's pods: clients, each other and the operator come in (X05)", (t) => {
  const { podSelector, ingress } = operator.spec("NetworkPolicy", "postgres");
  t.deepEqual(podSelector.matchLabels, { "cnpg.io/cluster": "postgres" });
  t.deepEqual(ingress as unknown, [
    ...["platform-service", "platform-migrations", "audit-retention", "postgres-maintenance"].map((app) => ({ from: pods({ app }), ports: tcp(5432) })),
    { from: pods({ "cnpg.io/cluster": "postgres" }), ports: tcp(5432, 8000) },
    { from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "cnpg-system" } } }], ports: tcp(5432, 8000) },
  ]);
  t.deepEqual(operator.spec("NetworkPolicy", "audit-retention").egress as unknown, [resolver, { to: pods({ "cnpg.io/cluster": "postgres" }), ports: tcp(5432) }]);
});

test("the operator's pods reach each other, the API server and the bucket that they copy to, and nothing else (X05, X07)", (t) => {
  t.deepEqual(operator.spec("NetworkPolicy", "postgres").egress as unknown, [
    resolver,
    { to: pods({ "cnpg.io/cluster": "postgres" }), ports: tcp(5432, 8000) },
    { to: addresses("10.43.0.1/32"), ports: tcp(443, 6443) },
    { to: addresses("10.0.32.0/24"), ports: tcp(443) },
  ]);
});

test("without a bucket CloudNativePG is refused, because there would be no copy at all (X07)", async (t) => {
  const engine = { kind: "cloudnative-pg", apiServerCidr: "10.43.0.1/32" };
  await t.throwsAsync(stackVariant("dev", { systems: [name], [name]: { applications: { source: "images", service: "platform-service:v1.1.0" }, postgres: { engine } } }), {
    message: "postgres: engine cloudnative-pg copies to a bucket only: set postgres.backup.s3",
  });
});

test("clients of an external server have its host, port and Secret (P04)", (t) => {
  for (const [kind, client] of clients) {
    const { PGHOST, PGPORT, PGDATABASE, PGUSER } = external.env(kind, client);
    t.deepEqual([PGHOST, PGPORT, PGDATABASE, PGUSER], ["db.example.com", "5433", "platform_db", "platform"], String(client));
  }
  const volume = external.spec("Deployment", name).template.spec.volumes.find((each) => each.name === "credentials-postgres");
  t.is(volume?.secret.secretName, "platform-db");
  t.deepEqual(external.names.filter((each) => /^(Cluster|ScheduledBackup|Secret\/platform-secrets)/.test(each)), []);
});

test("only clients may go to the external server, and to exactly its addresses and port (X05)", (t) => {
  t.deepEqual(external.spec("NetworkPolicy", "audit-retention").egress as unknown, [resolver, { to: addresses("192.0.2.10/32"), ports: tcp(5433) }]);
  const outside = external.objects.filter((object) => object.kind === "NetworkPolicy" && JSON.stringify(object).includes("192.0.2.10/32")).map(({ metadata }) => metadata.name);
  t.deepEqual(outside.sort(), ["audit-retention", "platform-migrations", "platform-service", "postgres-maintenance"]);
  t.false(external.names.includes("NetworkPolicy/postgres"));
  t.false(JSON.stringify(external.objects.filter(({ kind }) => kind === "NetworkPolicy")).includes("5432"));
});

test("operations are told of the server that clients use, and of no workload or backup that is not there", (t) => {
  t.deepEqual(own.targets[0]!.dataStores[0], { kind: "postgres", name: "postgres", service: "postgres", port: 5432, database: "platform_db", user: "platform", backup: "postgres-backup" });
  t.deepEqual(external.targets[0]!.dataStores[0], { kind: "postgres", name: "postgres", service: "db.example.com", port: 5433, database: "platform_db", user: "platform" });
  for (const { targets } of [operator, external]) t.deepEqual(targets[0]!.workloads.map((workload) => workload.name), ["redis", name]);
});

test("every engine's server ends what a vanished client has locked within a minute, whichever way it went (P04, E14)", async (t) => {
  const { args } = own.container("StatefulSet", "postgres");
  t.deepEqual(Object.fromEntries(args.filter((arg) => /^(idle_in|tcp_)/.test(arg)).map((arg) => arg.split("="))), goneClients);
  const { parameters } = (operator.get("Cluster", "postgres")["spec"] as { postgresql: { parameters: Record<string, string> } }).postgresql;
  t.deepEqual(Object.fromEntries(Object.entries(parameters).filter(([name]) => /^(idle_in|tcp_)/.test(name))), goneClients);
});
