import test from "ava";
import { Kafka, type KafkaArgs } from "../../../components/data/kafka/kafka.ts";
import { allTopics, retentionMilliseconds, type Topic } from "../../../components/data/kafka/topics.ts";
import { allContainers, find, podSpec } from "../../support/objects.ts";
import { declaredBy } from "../../support/stack-variant.ts";

const orders: Topic = { name: "order.events", partitions: 6 };

test("a topic keeps its messages for seven days and has a dead-letter topic of one partition (T01)", (t) => {
  t.is(retentionMilliseconds, 604_800_000);
  t.deepEqual(allTopics([orders], 1), [
    { name: "order.events", partitions: 6, replicas: 1, minInSync: 1, retentionMilliseconds: 604_800_000 },
    { name: "order.events.dlq", partitions: 1, replicas: 1, minInSync: 1, retentionMilliseconds: 2_419_200_000 },
  ]);
});

test("with three brokers one may be away: three copies, of which two are written (T01)", (t) => {
  t.deepEqual(
    allTopics([orders], 3).map(({ replicas, minInSync }) => [replicas, minInSync]),
    [
      [3, 2],
      [3, 2],
    ],
  );
  for (const { replicas, minInSync } of allTopics([orders], 3)) t.true(minInSync < replicas);
});

test("more brokers do not make more copies, and one or two never ask for a copy that is not there", (t) => {
  const copies = (brokers: number) =>
    allTopics([orders], brokers).map(({ replicas, minInSync }) => [replicas, minInSync])[0];
  t.deepEqual([1, 2, 3, 5].map(copies), [
    [1, 1],
    [2, 1],
    [3, 2],
    [3, 2],
  ]);
});

test("a topic's own retention goes for its dead letters too, and a topic can do without them", (t) => {
  t.deepEqual(
    allTopics([{ ...orders, retentionMilliseconds: 1000 }], 1).map(({ name, retentionMilliseconds: retention }) => [
      name,
      retention,
    ]),
    [
      ["order.events", 1000],
      ["order.events.dlq", 4000],
    ],
  );
  t.deepEqual(
    allTopics([{ ...orders, deadLetters: false }], 1).map(({ name }) => name),
    ["order.events"],
  );
});

const args: KafkaArgs = {
  namespace: "shop",
  serviceName: "events",
  labels: { app: "kafka" },
  topics: [orders],
  resources: { cpu: { request: "100m", limit: "1" }, memory: { request: "512Mi", limit: "1Gi" } },
  retainData: true,
  backup: {},
};
const declared = (changes: Partial<KafkaArgs> = {}) => declaredBy(() => new Kafka("kafka", { ...args, ...changes }));
const [one, again, wider, three] = [
  await declared(),
  await declared(),
  await declared({ topics: [{ ...orders, partitions: 12 }] }),
  await declared({ brokers: 3 }),
];
const topicsJob = (objects: Awaited<ReturnType<typeof declared>>) => find(objects, "Job", /^kafka-topics-/);
const broker = (objects: Awaited<ReturnType<typeof declared>>) =>
  Object.fromEntries(
    podSpec(find(objects, "StatefulSet", "kafka")).containers[0]!.env.map(({ name, value }) => [name, value]),
  );

test("the topics' Job is told what is declared, a line each, and reads it from the Service (T01)", (t) => {
  const { env, command } = allContainers(podSpec(topicsJob(one)))[0]!;
  t.deepEqual(command, ["bash", "/scripts/topics.sh"]);
  t.is(
    env.find(({ name }) => name === "TOPICS")?.value,
    "order.events 6 1 1 604800000\norder.events.dlq 1 1 1 2419200000",
  );
  t.is(env.find(({ name }) => name === "BOOTSTRAP")?.value, "events:9092");
});

test("changed topics are another Job, and unchanged ones the same, which is then left alone (X10)", (t) => {
  t.is(topicsJob(again).metadata.name, topicsJob(one).metadata.name);
  t.not(topicsJob(wider).metadata.name, topicsJob(one).metadata.name);
  t.not(topicsJob(three).metadata.name, topicsJob(one).metadata.name);
});

test("a topic is never made by a typing error, and never deleted or narrowed by its Job (T01, T12)", (t) => {
  t.is(broker(one)["KAFKA_AUTO_CREATE_TOPICS_ENABLE"], "false");
  const script = (find(one, "ConfigMap", /^kafka-scripts-/)["data"] as Record<string, string>)["topics.sh"]!;
  t.notRegex(script, /--delete/);
  t.regex(script, /partitions cannot be removed/);
});

test("the cluster's identity is the same in every run, and that of its data: another namespace has another (X10)", async (t) => {
  t.is(broker(again)["CLUSTER_ID"], broker(one)["CLUSTER_ID"]);
  t.is(broker(three)["CLUSTER_ID"], broker(one)["CLUSTER_ID"]);
  t.not(broker(await declared({ namespace: "other" }))["CLUSTER_ID"], broker(one)["CLUSTER_ID"]);
});
