import test from "ava";
import { runsDaily } from "../../../policies/model/cron.ts";
import { credentialIn, credentialsInCommand, isCredential } from "../../../policies/facts/credential-patterns.ts";
import { clientsOf } from "../../../policies/facts/database-clients.ts";
import { dataStoreKind } from "../../../policies/facts/data-stores.ts";
import { fromManifest, fromPulumi } from "../../../policies/model/kubernetes-object.ts";
import { podDemand, podsAtMost } from "../../../policies/facts/pod-demand.ts";
import { settingsInArguments, settingsInFile } from "../../../policies/facts/server-settings.ts";
import { indexObjects } from "../../../policies/model/object-index.ts";

const workload = (kind: string, spec: object, containers: object[] = [{ name: "main" }], pod: object = {}) =>
  fromManifest({
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "api", namespace: "data" },
    spec: { ...spec, template: { spec: { containers, ...pod } } },
  })[0]!;

test("a schedule runs daily where no field leaves out a day", (t) => {
  const daily = [
    "0 2 * * *",
    "*/5 * * * *",
    "0 2 * * ?",
    "0 2 */1 1-12 0-6",
    "0 2 * * 1-7",
    "@daily",
    "@hourly",
    "@every 6h",
    "@every 24h",
    " 0 2  * * * ",
  ];
  const rarer = [
    "0 2 * * 0",
    "0 2 1 * *",
    "0 2 */2 * *",
    "0 2 * 1-11 *",
    "0 2 * * 1-5",
    "@weekly",
    "@every 36h",
    "0 2 * *",
    "",
    "every day",
  ];
  t.deepEqual(
    daily.filter((schedule) => !runsDaily(schedule)),
    [],
  );
  t.deepEqual(
    rarer.filter((schedule) => runsDaily(schedule)),
    [],
  );
});

test("settings on a command line: flags, assignments, -c, empty values and a shell's line", (t) => {
  const read = (...args: string[]) =>
    settingsInArguments({ name: "server", args }).map(({ name, value }) => `${name}=${value}`);
  t.deepEqual(read("redis-server", "--save", "", "--save", "900 1 300 100", "--rename-command", "FLUSHALL", ""), [
    "save=",
    "save=900 1 300 100",
    "rename-command=FLUSHALL",
  ]);
  t.deepEqual(read("postgres", "-c", "max_connections=200", "--shared_buffers=1GB"), [
    "max-connections=200",
    "shared-buffers=1GB",
  ]);
  t.deepEqual(read("-ec", 'exec redis-server --maxmemory "512mb" --appendonly yes'), [
    "ec=exec redis-server",
    "maxmemory=512mb",
    "appendonly=yes",
  ]);
  t.deepEqual(read("mariadbd", "--skip-name-resolve", "--sync-binlog=1"), ["skip-name-resolve=", "sync-binlog=1"]);
});

test("settings in a file: both ways to write them, without comments and quotes", (t) => {
  const text =
    '# maxmemory 1gb\nmaxmemory 512mb\nsave ""\nmax_connections = 200   # all of them\n[mysqld]\nskip-grant-tables\n; off = on\n';
  t.deepEqual(
    settingsInFile(text).map(({ name, value }) => `${name}=${value}`),
    ["maxmemory=512mb", "save=", "max-connections=200", "skip-grant-tables="],
  );
});

test("values that carry a credential whatever their name", (t) => {
  const carried = [
    "postgres://bgc:hunter2@db/bgc",
    "amqp://guest:**x@mq",
    "jdbc:mysql://db/shop?user=a&password=hunter2",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    `ghp_${"a".repeat(36)}`,
    "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2ln",
  ];
  const harmless = [
    "postgres://bgc@db/bgc",
    "postgres://bgc:$(PASSWORD)@db",
    "postgres://bgc:****@db",
    "postgres://bgc:<password>@db",
    "?password=${PW}",
    "-----BEGIN CERTIFICATE-----",
    "ghp_short",
    "bughp_",
  ];
  t.deepEqual(carried.map(credentialIn), [
    ...Array<string>(3).fill("a URL with a password"),
    "a private key",
    "a private key",
    "a token",
    "a token",
  ]);
  t.deepEqual(
    harmless.map(credentialIn),
    harmless.map(() => undefined),
  );
});

test("a quoted place-holder is no credential, a quoted password is one", (t) => {
  t.deepEqual(
    ['"${PW}"', "'true'", '""', "file:/run/secret", '"hunter2"', "'hunter2"].map((value) =>
      isCredential("DB_PASSWORD", value),
    ),
    [false, false, false, false, true, true],
  );
});

test("credentials in a command line are named once, and flags inside of a quoted one are found", (t) => {
  t.deepEqual(credentialsInCommand(["sh", "-c", "bash -c 'mysql --password hunter2 --password=hunter2'"]), [
    "password",
  ]);
  t.deepEqual(credentialsInCommand(["sh", "-c", 'TOKEN="hunter2"; curl --header x']), ["TOKEN"]);
  t.deepEqual(
    credentialsInCommand([
      "curl",
      "--token",
      '"$(cat /run/token)"',
      "--no-password",
      "--verbose",
      "--secret-name",
      "db",
    ]),
    [],
  );
});

test("a pod asks for its containers and sidecars together, or for its largest init container", (t) => {
  const asks = (cpu: string) => ({ resources: { requests: { cpu } } });
  const cpu = { list: "requests", name: "cpu" } as const;
  const sidecar = { name: "proxy", restartPolicy: "Always", ...asks("100m") };
  const demand = (init: object[], main: object[], pod: object = {}) =>
    Number(podDemand(workload("Deployment", {}, main, { initContainers: init, ...pod }), cpu).toFixed(3));
  t.is(demand([], [asks("100m"), asks("200m")]), 0.3);
  t.is(demand([sidecar, asks("500m")], [asks("100m")]), 0.6);
  t.is(demand([asks("500m"), sidecar], [asks("100m")]), 0.5);
  t.is(demand([], [{ resources: { limits: { cpu: "250m" } } }], { overhead: { cpu: "50m" } }), 0.3);
});

test("a rolling update's pods come beside the others", (t) => {
  const stack = indexObjects([]);
  const most = (kind: string, spec: object) => podsAtMost(workload(kind, spec), stack);
  t.deepEqual(
    [
      most("Deployment", { replicas: 5 }),
      most("Deployment", { replicas: 5, strategy: { rollingUpdate: { maxSurge: 1 } } }),
      most("Deployment", { replicas: 5, strategy: { type: "Recreate" } }),
    ],
    [7, 6, 5],
  );
  t.deepEqual(
    [
      most("Deployment", { replicas: 0 }),
      most("StatefulSet", { replicas: 3 }),
      most("DaemonSet", {}),
      most("Job", { parallelism: 4 }),
      most("Job", { suspend: true }),
    ],
    [0, 3, 1, 4, 0],
  );
});

test("an autoscaler's maximum counts, and KEDA's is 100 where nobody says it", (t) => {
  const target = { scaleTargetRef: { kind: "Deployment", name: "api" } };
  const scaler = (kind: string, spec: object) =>
    indexObjects(
      fromManifest({
        apiVersion: "v1",
        kind,
        metadata: { name: "api", namespace: "data" },
        spec: { ...target, ...spec },
      }),
    );
  const api = workload("Deployment", { strategy: { type: "Recreate" } });
  t.deepEqual(
    [
      podsAtMost(api, scaler("HorizontalPodAutoscaler", { maxReplicas: 8 })),
      podsAtMost(api, scaler("ScaledObject", {})),
    ],
    [8, 100],
  );
});

test("clients of a database are found by host variables and URLs of their namespace", (t) => {
  const env = (...variables: [string, string][]) =>
    workload("Deployment", {}, [{ name: "main", env: variables.map(([name, value]) => ({ name, value })) }]);
  const reaches = (...variables: [string, string][]) =>
    clientsOf(["pg"], "data", indexObjects([env(...variables)])).length === 1;
  t.true(reaches(["PGHOST", "pg"]));
  t.true(reaches(["ORDERS_DB_HOST", "pg.data.svc.cluster.local"]));
  t.true(reaches(["SPRING_DATASOURCE_URL", "jdbc:postgresql://pg:5432/shop"], ["PGHOST", "pg"]));
  t.false(reaches(["PGHOST", "pg.edi.svc"]));
  t.false(reaches(["API_HOST", "pg"]));
});

test("a value that is not known yet matters only where it may name the database", (t) => {
  class UnknownValueError extends Error {}
  const client = (name: string) =>
    indexObjects(
      fromPulumi({
        type: "kubernetes:apps/v1:Deployment",
        name: "api",
        urn: "urn",
        props: {
          metadata: { name: "api", namespace: "data" },
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: "main",
                    env: [
                      {
                        name,
                        get value(): string {
                          throw new UnknownValueError("unknown");
                        },
                      },
                    ],
                  },
                ],
              },
            },
          },
        },
      }),
    );
  t.deepEqual(clientsOf(["pg"], "data", client("LOG_LEVEL")), []);
  t.throws(() => clientsOf(["pg"], "data", client("DATABASE_URL")), { name: "NotEvaluable" });
});

test("data stores are told by label, else by the image of a main container", (t) => {
  const kind = (image: string, spec: object = {}, container: object = {}) =>
    dataStoreKind(workload("StatefulSet", spec, [{ name: "main", image, ...container }]));
  t.deepEqual(
    [
      "postgres:15",
      "r.io:5000/library/mariadb",
      "apache/kafka:4.1.0",
      "confluentinc/cp-kafka",
      "valkey:8",
      "redis-exporter:1",
      "kafka-ui:1",
    ].map((image) => kind(image)),
    ["postgres", "mysql", "kafka", "kafka", "redis-cache", undefined, undefined],
  );
  t.is(kind("redis:7", { volumeClaimTemplates: [{}] }), "redis-state");
  t.deepEqual(
    [kind("my-postgres:15"), kind("my-postgres:15", {}, { ports: [{ containerPort: 5432 }] })],
    [undefined, "postgres"],
  );
});
