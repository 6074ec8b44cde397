import { rootCertificates } from "node:tls";
import test from "ava";
import type { types } from "@pulumi/kubernetes";
import { podSpec } from "../../support/objects.ts";
import { type System, systemOf } from "./support/system.ts";

const database = { kind: "external", host: "db.example.com", cidr: "192.0.2.10/32", passwordSecret: "db" };
const redis = {
  kind: "external",
  host: "redis.example.com",
  port: 6380,
  cidr: "192.0.2.30/32",
  passwordSecret: "redis-login",
  user: "shop",
  tls: { caSecret: "redis-ca" },
};
const brokers = {
  kind: "external",
  brokers: "broker-1.example.com:9093",
  port: 9093,
  cidr: "192.0.2.0/28",
  tls: { caSecret: "kafka-ca" },
  sasl: { mechanism: "SCRAM-SHA-512", credentialsSecret: "kafka-login" },
};
/** What the program said of stores, as a preview shows it. */
const said: string[] = [];
const listening = async (...of: Parameters<typeof systemOf>) => {
  const system = await systemOf(...of);
  const { notes } = await import("../../../patches/kept-notes.ts");
  said.push(...notes.filter((note) => note.includes("somebody else")));
  return system;
};
const platform = await listening("prod", "platform-service", {
  "platform-service": { postgres: { engine: { ...database, tls: { caSecret: "db-ca" } } } },
});
const shop = await listening("prod", "techbra-ecommerce", {
  "techbra-ecommerce": { postgres: { engine: database }, redis: { engine: redis }, kafka: { engine: brokers } },
});
const gateway = await listening("prod", "resilient-api-gateway", {
  "resilient-api-gateway": { redis: { engine: { ...redis, user: undefined, tls: { mode: "disable" } } } },
});
const edi = await systemOf("prod", "bots-edi");
const plain = await systemOf("prod", "platform-service", {
  "platform-service": { postgres: { engine: { ...database, tls: { mode: "require" } } } },
});

type Kind = "Deployment" | "CronJob" | "Job";
/** What a pod mounts at a path. */
function mounted(system: System, kind: Kind, name: string | RegExp, path: string) {
  const { volumes } = podSpec(system.get(kind, name));
  const volume = (volumes as types.output.core.v1.Volume[]).find(
    (each) => each.name === path.slice(1).replaceAll("/", "-"),
  );
  return volume?.secret
    ? { secret: volume.secret.secretName, items: volume.secret.items?.map(({ key, path: file }) => `${key}=${file}`) }
    : volume?.configMap && { configMap: volume.configMap.name };
}
const picked = (values: Record<string, string | undefined>, pattern: RegExp) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => pattern.test(name)));
const caOf = (secret: string) => ({ secret, items: ["ca.crt=ca.crt"] });

test("every client of an external Postgres is told to have its name proven, by the authority of caSecret (P04)", (t) => {
  for (const [kind, name] of [
    ["Deployment", "platform-service"],
    ["CronJob", "audit-retention"],
    ["CronJob", "postgres-maintenance"],
    ["Job", /^platform-migrations-/],
  ] as const) {
    t.deepEqual(
      picked(platform.env(kind, name), /^PGSSL/),
      { PGSSLMODE: "verify-full", PGSSLROOTCERT: "/certificates/postgres/ca.crt" },
      String(name),
    );
    t.deepEqual(mounted(platform, kind, name, "/certificates/postgres"), caOf("db-ca"), String(name));
    t.deepEqual(picked(plain.env(kind, name), /^PGSSL/), { PGSSLMODE: "require" }, String(name));
    t.is(mounted(plain, kind, name, "/certificates/postgres"), undefined, String(name));
  }
});

test("without caSecret the public authorities count, in a file for every client and in the address for Spring (P04)", (t) => {
  const { PGSSLMODE, SPRING_DATASOURCE_URL } = shop.env("Deployment", "order-service");
  t.is(PGSSLMODE, "verify-full");
  t.is(
    SPRING_DATASOURCE_URL,
    "jdbc:postgresql://db.example.com:5432/ecommerce_db?sslmode=verify-full&sslrootcert=/certificates/postgres/ca.crt",
  );
  const { configMap } = mounted(shop, "Deployment", "order-service", "/certificates/postgres") as { configMap: string };
  t.deepEqual(shop.config(configMap), { "ca.crt": `${rootCertificates.join("\n")}\n` });
  t.true(rootCertificates.length > 100);
});

test("a server of the stack is asked for no proof, and Spring's address of it stays as it was", async (t) => {
  const own = await systemOf("prod", "techbra-ecommerce");
  const env = own.env("Deployment", "order-service");
  t.deepEqual(picked(env, /^(PGSSL|KAFKA_TLS|KAFKA_SASL|REDIS_TLS|SPRING_KAFKA_PROPERTIES)/), {});
  t.is(env["SPRING_DATASOURCE_URL"], "jdbc:postgresql://postgres:5432/ecommerce_db");
  t.deepEqual(
    own.names.filter((name) => /authorities|TriggerAuthentication|redis-check/.test(name)),
    [],
  );
});

test("EDI's programs, its migration and every step of its copy that asks the database have the server's name proven (E06)", (t) => {
  const tls = { MYSQL_SSL_MODE: "VERIFY_IDENTITY", MYSQL_SSL_CA: "/certificates/mysql/ca.crt" };
  for (const [kind, name, container] of [
    ["Deployment", "bots-webserver"],
    ["Deployment", "bots-jobqueue"],
    ["CronJob", "bots-engine"],
    ["Job", /^bots-migrate-/],
    ["CronJob", "bots-db-backup", "dumpdata"],
    ["CronJob", "bots-db-backup", "dump"],
  ] as const) {
    t.deepEqual(picked(edi.env(kind, name, container), /^MYSQL_SSL/), tls, `${String(name)} ${container}`);
    t.deepEqual(mounted(edi, kind, name, "/certificates/mysql"), caOf("kona-ca"), String(name));
    t.true(
      edi.container(kind, name, container).volumeMounts.some(({ mountPath }) => mountPath === "/certificates/mysql"),
      `${String(name)} ${container}`,
    );
  }
  t.is(edi.env("CronJob", "bots-db-backup", "dump")["MYSQL_PASSWORD_FILE"], "/credentials/reader/password");
  t.deepEqual(picked(edi.env("CronJob", "bots-db-backup", "verify"), /^MYSQL_SSL/), {});
});

test("clients of an external Redis have its name, user and proof, and Spring its own words for them (T05)", (t) => {
  const env = shop.env("Deployment", "bff");
  t.deepEqual(picked(env, /^REDIS_/), {
    REDIS_HOST: "redis.example.com",
    REDIS_PORT: "6380",
    REDIS_PASSWORD_FILE: "/credentials/redis/password",
    REDIS_USERNAME: "shop",
    REDIS_TLS_MODE: "verify-full",
    REDIS_TLS_CA: "/certificates/redis/ca.crt",
  });
  t.deepEqual(picked(env, /^SPRING_(DATA_REDIS|SSL)/), {
    SPRING_DATA_REDIS_HOST: "redis.example.com",
    SPRING_DATA_REDIS_PORT: "6380",
    SPRING_DATA_REDIS_USERNAME: "shop",
    SPRING_DATA_REDIS_SSL_ENABLED: "true",
    SPRING_DATA_REDIS_SSL_BUNDLE: "redis",
    SPRING_SSL_BUNDLE_PEM_REDIS_TRUSTSTORE_CERTIFICATE: "file:/certificates/redis/ca.crt",
  });
  t.deepEqual(mounted(shop, "Deployment", "bff", "/credentials/redis"), { secret: "redis-login", items: undefined });
  t.deepEqual(mounted(shop, "Deployment", "bff", "/credentials/spring-redis"), {
    secret: "redis-login",
    items: ["password=spring.data.redis.password"],
  });
  t.deepEqual(picked(gateway.env("Deployment", "proxy-service"), /^REDIS_/), {
    REDIS_HOST: "redis.example.com",
    REDIS_PORT: "6380",
    REDIS_PASSWORD_FILE: "/credentials/redis/password",
    REDIS_TLS_MODE: "disable",
  });
});

test("an external Redis is asked before anything uses it, and for a state store whether it may drop keys (G03, G04)", (t) => {
  for (const [system, role] of [
    [gateway, "state"],
    [shop, "cache"],
  ] as const) {
    const env = system.env("Job", /^redis-check-/);
    t.is(env["REDIS_ROLE"], role);
    t.deepEqual(
      picked(env, /^REDIS_(HOST|TLS)/),
      picked(system.env("Deployment", role === "state" ? "proxy-service" : "bff"), /^REDIS_(HOST|TLS)/),
    );
    t.deepEqual(system.container("Job", /^redis-check-/).command, ["node", "/check/redis-check.ts"]);
    t.deepEqual(Object.keys(system.config(/^redis-check-/)).sort(), ["package.json", "redis-check.ts", "tls.ts"]);
  }
});

test("with an external Redis the stack runs none, copies none, and lets exactly its clients out to it (X05)", (t) => {
  for (const [system, clients] of [
    [gateway, ["proxy-service", "redis-check"]],
    [shop, ["bff", "redis-check"]],
  ] as const) {
    t.deepEqual(
      system.names.filter((name) => /\/redis(-auth|-backup|-data.*)?$/.test(name)),
      [],
    );
    const outside = system.objects
      .filter((object) => object.kind === "NetworkPolicy" && JSON.stringify(object).includes("192.0.2.30/32"))
      .map(({ metadata }) => metadata.name);
    t.deepEqual(outside.sort(), [...clients]);
    for (const client of clients)
      t.deepEqual(
        system
          .spec("NetworkPolicy", client)
          .egress.filter(({ to }) => JSON.stringify(to).includes("192.0.2.30/32")) as unknown,
        [{ to: [{ ipBlock: { cidr: "192.0.2.30/32" } }], ports: [{ protocol: "TCP", port: 6380 }] }],
        client,
      );
    const store = system.targets[0]!.dataStores.find(({ name }) => name === "redis")!;
    t.deepEqual([store.service, store.port, store.backup], ["redis.example.com", 6380, undefined]);
    t.false(system.targets[0]!.workloads.some(({ name }) => name === "redis"));
  }
});

const jaas =
  'org.apache.kafka.common.security.scram.ScramLoginModule required username="${kafka.sasl.username}" password="${kafka.sasl.password}";';

test("clients of external brokers log in by SASL over TLS, and no password stands in a variable (X06)", (t) => {
  const env = shop.env("Deployment", "order-service");
  t.deepEqual(picked(env, /^KAFKA_(TLS|SASL)/), {
    KAFKA_TLS_MODE: "verify-full",
    KAFKA_TLS_CA: "/certificates/kafka/ca.crt",
    KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
    KAFKA_SASL_CREDENTIALS: "/credentials/kafka",
  });
  t.deepEqual(picked(env, /^SPRING_KAFKA_PROPERTIES/), {
    SPRING_KAFKA_PROPERTIES_SECURITY_PROTOCOL: "SASL_SSL",
    SPRING_KAFKA_PROPERTIES_SSL_TRUSTSTORE_TYPE: "PEM",
    SPRING_KAFKA_PROPERTIES_SSL_TRUSTSTORE_LOCATION: "/certificates/kafka/ca.crt",
    SPRING_KAFKA_PROPERTIES_SASL_MECHANISM: "SCRAM-SHA-512",
    SPRING_KAFKA_PROPERTIES_SASL_JAAS_CONFIG: jaas,
  });
  t.is(env["SPRING_CONFIG_IMPORT"], "configtree:/credentials/spring-postgres/,configtree:/credentials/spring-kafka/");
  t.deepEqual(mounted(shop, "Deployment", "order-service", "/certificates/kafka"), caOf("kafka-ca"));
  t.deepEqual(mounted(shop, "Deployment", "order-service", "/credentials/kafka"), {
    secret: "kafka-login",
    items: ["username=username", "password=password"],
  });
  t.deepEqual(mounted(shop, "Deployment", "order-service", "/credentials/spring-kafka"), {
    secret: "kafka-login",
    items: ["username=kafka.sasl.username", "password=kafka.sasl.password"],
  });
});

test("kafka-ui and the lag's source log in to external brokers too (T04, T05)", (t) => {
  const env = shop.env("Deployment", "kafka-ui");
  t.deepEqual(
    [
      env["KAFKA_CLUSTERS_0_PROPERTIES_SECURITY_PROTOCOL"],
      env["KAFKA_CLUSTERS_0_PROPERTIES_SASL_JAAS_CONFIG"],
      env["SPRING_CONFIG_IMPORT"],
    ],
    ["SASL_SSL", jaas, "configtree:/credentials/kafka-ui-kafka/"],
  );
  t.deepEqual(mounted(shop, "Deployment", "kafka-ui", "/certificates/kafka"), caOf("kafka-ca"));
  t.deepEqual(shop.get("TriggerAuthentication", "kafka")["spec"], {
    secretTargetRef: [
      { parameter: "ca", name: "kafka-ca", key: "ca.crt" },
      { parameter: "username", name: "kafka-login", key: "username" },
      { parameter: "password", name: "kafka-login", key: "password" },
    ],
  });
  const { triggers } = shop.get("ScaledObject", "billing-service")["spec"] as { triggers: unknown };
  t.deepEqual(triggers, [
    {
      type: "kafka",
      metadata: {
        bootstrapServers: "broker-1.example.com:9093",
        consumerGroup: "billing-service-group",
        topic: "order.events",
        lagThreshold: "1000",
        tls: "enable",
        sasl: "scram_sha512",
      },
      authenticationRef: { name: "kafka" },
    },
  ]);
});

test("a preview says once for each external store what this stack does not do for it", (t) => {
  t.deepEqual(said.sort(), [
    "kafka of techbra-test is broker-1.example.com:9093, which somebody else runs: this stack makes no topic, dead-letter topic, backup or alert of it; see docs/external-stores.md",
    "postgres of platform is db.example.com:5432, which somebody else runs: this stack makes no database, role, backup or alert of it; see docs/external-stores.md",
    "postgres of techbra-test is db.example.com:5432, which somebody else runs: this stack makes no database, role, backup or alert of it; see docs/external-stores.md",
    "redis of api-gateway is redis.example.com:6380, which somebody else runs: this stack makes no limit of memory, backup or alert of it; see docs/external-stores.md",
    "redis of techbra-test is redis.example.com:6380, which somebody else runs: this stack makes no limit of memory, backup or alert of it; see docs/external-stores.md",
  ]);
});

test("the integration gateway reaches ComexStat at the stack's addresses, and nobody outside without them (B16, X05)", async (t) => {
  const rules = (system: System) =>
    system
      .spec("NetworkPolicy", "integration-gateway")
      .egress.filter(({ to }) => JSON.stringify(to).includes("203.0.113"));
  const bgc = await systemOf("prod", "bgc-platform", {
    "bgc-platform": {
      integrationGateway: { egress: { cidrs: ["203.0.113.0/28", "203.0.113.64/28"], ports: [443, 8443] } },
    },
  });
  const ports = [443, 8443].map((port) => ({ protocol: "TCP", port }));
  t.deepEqual(
    rules(bgc) as unknown,
    ["203.0.113.0/28", "203.0.113.64/28"].map((cidr) => ({ to: [{ ipBlock: { cidr } }], ports })),
  );
  t.deepEqual(
    rules(await systemOf("prod", "bgc-platform", { "bgc-platform": { integrationGateway: { egress: undefined } } })),
    [],
  );
  const others = bgc.objects
    .filter((object) => object.kind === "NetworkPolicy" && JSON.stringify(object).includes("203.0.113"))
    .map(({ metadata }) => metadata.name);
  t.deepEqual(others, ["integration-gateway"]);
});
