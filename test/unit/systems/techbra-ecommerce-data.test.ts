import test from "ava";
import { systemOf } from "./support/system.ts";

const dev = await systemOf("dev", "techbra-ecommerce");
const prod = await systemOf("prod", "techbra-ecommerce");
const both = Object.entries({ dev, prod });

test("Kafka is StatefulSet kafka with the runbook's label, behind kafka-kafka:9092 (T01)", (t) => {
  for (const [stack, brokers] of [
    ["dev", 1],
    ["prod", 3],
  ] as const) {
    const { spec, get, pods } = { dev, prod }[stack];
    t.is(spec("StatefulSet", "kafka").replicas, brokers, stack);
    t.is(pods("StatefulSet", "kafka").labels["app.kubernetes.io/name"], "kafka", stack);
    t.is(get("StatefulSet", "kafka").metadata.labels?.["production-platform/data-store"], "kafka", stack);
    t.deepEqual(
      spec("Service", "kafka-kafka").ports.map(({ port }) => port),
      [9092],
      stack,
    );
    const { clusterIP, publishNotReadyAddresses, ports } = spec("Service", "kafka-kafka-peers");
    t.deepEqual(
      [clusterIP, publishNotReadyAddresses, ports.map(({ port }) => port)],
      ["None", true, [9092, 9093]],
      stack,
    );
    t.deepEqual(
      [spec("StatefulSet", "kafka").serviceName, spec("StatefulSet", "kafka").podManagementPolicy],
      ["kafka-kafka-peers", "Parallel"],
      stack,
    );
  }
});

test("every broker is a controller too: there is no ZooKeeper (T01)", (t) => {
  for (const [stack, voters] of [
    ["dev", "0@kafka-0.kafka-kafka-peers:9093"],
    ["prod", "0@kafka-0.kafka-kafka-peers:9093,1@kafka-1.kafka-kafka-peers:9093,2@kafka-2.kafka-kafka-peers:9093"],
  ] as const) {
    const { env, objects } = { dev, prod }[stack];
    const broker = env("StatefulSet", "kafka");
    t.is(broker["KAFKA_PROCESS_ROLES"], "broker,controller", stack);
    t.is(broker["KAFKA_CONTROLLER_QUORUM_VOTERS"], voters, stack);
    t.is(broker["KAFKA_LISTENERS"], "PLAINTEXT://:9092,CONTROLLER://:9093", stack);
    t.regex(broker["CLUSTER_ID"]!, /^[A-Za-z0-9_-]{22}$/, stack);
    t.false(/zookeeper/i.test(JSON.stringify(objects.filter(({ kind }) => kind !== "ConfigMap"))), stack);
  }
});

test("three brokers keep three copies of which two must be written, and one keeps its own (T01)", (t) => {
  const copies = [
    "KAFKA_DEFAULT_REPLICATION_FACTOR",
    "KAFKA_MIN_INSYNC_REPLICAS",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR",
  ];
  for (const [stack, expected] of [
    ["dev", ["1", "1", "1", "1", "1"]],
    ["prod", ["3", "2", "3", "3", "2"]],
  ] as const) {
    const broker = { dev, prod }[stack].env("StatefulSet", "kafka");
    t.deepEqual(
      copies.map((name) => broker[name]),
      [...expected],
      stack,
    );
    t.deepEqual(
      [broker["KAFKA_AUTO_CREATE_TOPICS_ENABLE"], broker["KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE"]],
      ["false", "false"],
      stack,
    );
  }
});

test("one of several brokers is ready when it has all messages again, and a broker alone when its port is open (T09)", (t) => {
  const readiness = ({ container }: typeof dev) => container("StatefulSet", "kafka").readinessProbe as unknown;
  const patience = { initialDelaySeconds: 0, failureThreshold: 3, successThreshold: 1 };
  t.deepEqual(readiness(prod), {
    ...patience,
    exec: { command: ["bash", "/scripts/in-sync.sh"] },
    periodSeconds: 20,
    timeoutSeconds: 20,
  });
  t.deepEqual(readiness(dev), { ...patience, tcpSocket: { port: "kafka" }, periodSeconds: 10, timeoutSeconds: 5 });
  const { startupProbe, livenessProbe } = prod.container("StatefulSet", "kafka");
  t.deepEqual(
    [startupProbe.tcpSocket.port, livenessProbe.tcpSocket.port],
    ["kafka", "controller"],
    "a broker that catches up for hours is not restarted",
  );
});

test("both topics keep messages for 604800000 ms and have a dead-letter topic that keeps them four times as long (T01, T13)", (t) => {
  const lines = (copies: string) => [
    `order.events 6 ${copies} 604800000`,
    `order.events.dlq 1 ${copies} 2419200000`,
    `billing.events 6 ${copies} 604800000`,
    `billing.events.dlq 1 ${copies} 2419200000`,
  ];
  t.deepEqual(dev.env("Job", /^kafka-topics-[0-9a-f]{8}$/)["TOPICS"]!.split("\n"), lines("1 1"));
  t.deepEqual(prod.env("Job", /^kafka-topics-[0-9a-f]{8}$/)["TOPICS"]!.split("\n"), lines("3 2"));
});

test("Kafka's volume is kept, and half of its memory is the heap (T01, X07)", (t) => {
  for (const [stack, size, heap] of [
    ["dev", "2Gi", "-Xms256m -Xmx512m"],
    ["prod", "50Gi", "-Xms1024m -Xmx2048m"],
  ] as const) {
    const { spec, env } = { dev, prod }[stack];
    t.deepEqual(
      spec("StatefulSet", "kafka").volumeClaimTemplates.map((claim) => claim.spec.resources.requests["storage"]),
      [size],
      stack,
    );
    t.is(spec("StatefulSet", "kafka").persistentVolumeClaimRetentionPolicy.whenDeleted, "Retain", stack);
    t.is(env("StatefulSet", "kafka")["KAFKA_HEAP_OPTS"], heap, stack);
  }
});

test("Postgres holds ecommerce_db of ecommerce_user, and Redis is a cache (T03)", (t) => {
  for (const [stack, { env, container, spec, get }] of both) {
    for (const name of ["order-service", "billing-service", "inventory-service"]) {
      const { PGHOST, PGPORT, PGDATABASE, PGUSER, KAFKA_BROKERS } = env("Deployment", name);
      t.deepEqual(
        [PGHOST, PGPORT, PGDATABASE, PGUSER, KAFKA_BROKERS],
        ["postgres", "5432", "ecommerce_db", "ecommerce_user", "kafka-kafka:9092"],
        `${stack} ${name}`,
      );
    }
    t.deepEqual(
      [spec("Service", "postgres").ports[0]?.port, spec("Service", "redis").ports[0]?.port],
      [5432, 6379],
      stack,
    );
    t.true(
      container("StatefulSet", "postgres").args.includes("shared_preload_libraries=pg_stat_statements"),
      `${stack}: slow queries are looked up there (T12)`,
    );
    t.is(get("Deployment", "redis").metadata.labels?.["production-platform/data-store"], "redis-cache", stack);
  }
});

test("Spring reads the same addresses as every other client (T02, T03)", (t) => {
  const { SPRING_DATASOURCE_URL, SPRING_DATASOURCE_USERNAME, SPRING_KAFKA_BOOTSTRAP_SERVERS } = prod.env(
    "Deployment",
    "order-service",
  );
  t.deepEqual(
    [SPRING_DATASOURCE_URL, SPRING_DATASOURCE_USERNAME, SPRING_KAFKA_BOOTSTRAP_SERVERS],
    ["jdbc:postgresql://postgres:5432/ecommerce_db", "ecommerce_user", "kafka-kafka:9092"],
  );
  t.is(prod.env("Deployment", "bff")["SPRING_DATA_REDIS_HOST"], "redis");
});

test("Postgres, Redis, and Kafka's topics and offsets are each copied daily, proven and only then pruned (T11)", (t) => {
  for (const [stack, steps] of [
    ["dev", ["dump", "verify", "prune"]],
    ["prod", ["dump", "verify", "prune", "upload"]],
  ] as const) {
    const { spec, containers, get } = { dev, prod }[stack];
    for (const store of ["postgres", "redis", "kafka"]) {
      const { schedule, timeZone, concurrencyPolicy } = spec("CronJob", `${store}-backup`);
      t.deepEqual(
        { schedule, timeZone, concurrencyPolicy },
        { schedule: "0 2 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
        `${stack} ${store}`,
      );
      t.deepEqual(containers("CronJob", `${store}-backup`), [...steps], `${stack} ${store}`);
      t.is(get("CronJob", `${store}-backup`).metadata.labels?.["production-platform/backup-of"], store, stack);
    }
  }
  const dump = prod.config(/^kafka-scripts-/)["dump.sh"]!;
  t.regex(dump, /kafka-topics\.sh --bootstrap-server "\$BOOTSTRAP" --describe/);
  t.regex(dump, /kafka-consumer-groups\.sh --bootstrap-server "\$BOOTSTRAP" --all-groups --describe/);
});

test("a Redis that is told to save its data for a copy has room for all of it on its disk (T11, X02)", (t) => {
  for (const [stack, { spec, container }] of both) {
    const { args } = container("Deployment", "redis");
    const maxMemory = Number.parseInt(args[args.indexOf("--maxmemory") + 1]!, 10);
    const { sizeLimit } = spec("Deployment", "redis").template.spec.volumes.find(
      ({ name }) => name === "data",
    )!.emptyDir;
    t.true(Number.parseInt(sizeLimit, 10) >= maxMemory, `${stack}: ${sizeLimit} for ${maxMemory}mb`);
  }
});
