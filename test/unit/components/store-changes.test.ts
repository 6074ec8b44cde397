import test from "ava";
import type { LivingClaim } from "../../../components/changes/living.ts";
import {
  type DeclaredKafka,
  type DeclaredStore,
  otherBrokers,
  otherEngines,
} from "../../../components/changes/stores.ts";

const claim = (name: string, labels: Record<string, string> = {}, namespace = "shop"): LivingClaim => ({
  namespace,
  name,
  labels,
  request: "2Gi",
  accessModes: ["ReadWriteOnce"],
  bound: true,
  sizedByStack: false,
});
const statefulset = claim("data-postgres-0");
const operator = claim("postgres-1", { "cnpg.io/cluster": "postgres" });
const strimzi = claim("data-kafka-brokers-0", { "strimzi.io/cluster": "kafka" });
const store = (value: string, name = "postgres", path = `techbra-ecommerce.${name}.engine.kind`): DeclaredStore => ({
  namespace: "shop",
  name,
  engine: { path, value },
  own: ["mysql", "redis"].includes(name) ? "in-cluster" : "statefulset",
});
const engines = (declared: DeclaredStore, ...claims: LivingClaim[]) => otherEngines([declared], { claims });

test("a store stays on its engine, and one without a volume here may begin on any", (t) => {
  t.deepEqual(engines(store("statefulset"), statefulset), []);
  t.deepEqual(engines(store("cloudnative-pg"), operator), []);
  t.deepEqual(engines(store("strimzi", "kafka"), strimzi), []);
  t.deepEqual(engines(store("in-cluster", "mysql", "bots-edi.database.kind"), claim("data-mysql-0")), []);
  for (const kind of ["statefulset", "cloudnative-pg", "external"])
    t.deepEqual(engines(store(kind), claim("data-postgres-0", {}, "other"), claim("data-redis-0"), strimzi), []);
});

test("old volumes beside the declared engine's own are somebody's copies, and keep nobody", (t) => {
  t.deepEqual(engines(store("cloudnative-pg"), operator, statefulset), []);
  t.deepEqual(engines(store("statefulset"), operator, statefulset), []);
});

test("an engine whose store would begin empty beside the data of another is refused, each way", (t) => {
  const refused = (path: string, is: string, name: string, was: string, volumes: string) => [
    `${path}: is "${is}", and the data of ${name} in shop are on the volumes of "${was}" (${volumes}). An update moves no data, and the new store would begin empty. Write "${was}", or move the data: docs/day-two.md has the steps, under "Change the engine of a store"`,
  ];
  const postgres = "techbra-ecommerce.postgres.engine.kind";
  const kafka = "techbra-ecommerce.kafka.engine.kind";
  t.deepEqual(
    engines(store("cloudnative-pg"), statefulset),
    refused(postgres, "cloudnative-pg", "postgres", "statefulset", "data-postgres-0"),
  );
  t.deepEqual(
    engines(store("external"), statefulset),
    refused(postgres, "external", "postgres", "statefulset", "data-postgres-0"),
  );
  t.deepEqual(
    engines(store("statefulset"), operator, claim("postgres-2", { "cnpg.io/cluster": "postgres" })),
    refused(postgres, "statefulset", "postgres", "cloudnative-pg", "postgres-1, postgres-2"),
  );
  t.deepEqual(
    engines(store("strimzi", "kafka"), claim("data-kafka-0")),
    refused(kafka, "strimzi", "kafka", "statefulset", "data-kafka-0"),
  );
  t.deepEqual(
    engines(store("statefulset", "kafka"), strimzi),
    refused(kafka, "statefulset", "kafka", "strimzi", "data-kafka-brokers-0"),
  );
  t.deepEqual(
    engines(store("external", "mysql", "bots-edi.database.kind"), claim("data-mysql-0")),
    refused("bots-edi.database.kind", "external", "mysql", "in-cluster", "data-mysql-0"),
  );
  const redis = "resilient-api-gateway.redis.engine.kind";
  t.deepEqual(
    engines(store("external", "redis", redis), claim("data-redis-0")),
    refused(redis, "external", "redis", "in-cluster", "data-redis-0"),
  );
  t.deepEqual(engines(store("in-cluster", "redis", redis), claim("data-redis-0")), []);
});

const kafka = (brokers: number, partitions = 6): DeclaredKafka => ({
  namespace: "shop",
  name: "kafka",
  brokers: { path: "techbra-ecommerce.kafka.brokers", value: brokers },
  partitions: { path: "techbra-ecommerce.kafka.partitions", value: partitions },
});
const brokers = (
  declared: DeclaredKafka,
  {
    claims = [],
    voters = {},
    partitions = {},
  }: { claims?: LivingClaim[]; voters?: Record<string, number>; partitions?: Record<string, Record<string, number>> },
) => otherBrokers([declared], { claims, voters, partitions });

test("as many brokers as there are, and none yet, pass", (t) => {
  t.deepEqual(
    brokers(kafka(1), {
      voters: { "shop/kafka": 1 },
      partitions: { shop: { "order.events": 6, "order.events.dlq": 60 } },
    }),
    [],
  );
  t.deepEqual(brokers(kafka(3), {}), []);
  t.deepEqual(
    brokers(kafka(1), {
      voters: { "shop/kafka": 1 },
      claims: [claim("data-kafka-0"), claim("data-kafka-1"), claim("data-kafka-2")],
    }),
    [],
    "volumes that no broker uses elect nobody",
  );
});

test("another number of brokers is refused before any broker is told, also where only their volumes are left", (t) => {
  const refused = (is: number, has: number) => [
    `techbra-ecommerce.kafka.brokers: is ${is}, and kafka in shop has ${has}, which elect its controller. Kafka takes no other number of voters while it runs, and gives topics that are there no more copies. Write ${has}, or begin with new brokers: docs/day-two.md has the steps, under "Change the number of Kafka brokers"`,
  ];
  t.deepEqual(brokers(kafka(3), { voters: { "shop/kafka": 1 } }), refused(3, 1));
  t.deepEqual(brokers(kafka(1), { voters: { "shop/kafka": 3 } }), refused(1, 3));
  t.deepEqual(
    brokers(kafka(1), { claims: [claim("data-kafka-0"), claim("data-kafka-1"), claim("data-kafka-2")] }),
    refused(1, 3),
  );
});

test("fewer partitions than a topic has are refused, and more are not", (t) => {
  const shop = { "order.events": 6, "billing.events": 9, "order.events.dlq": 1 };
  t.deepEqual(brokers(kafka(1, 8), { voters: { "shop/kafka": 1 }, partitions: { shop } }), [
    "techbra-ecommerce.kafka.partitions: is 8, and topic billing.events in shop has 9. Kafka removes no partition, because messages are in it. Write 9 or more",
  ]);
  t.deepEqual(brokers(kafka(1, 12), { voters: { "shop/kafka": 1 }, partitions: { shop } }), []);
});
