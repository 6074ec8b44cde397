import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { sandbox } from "./support/sandbox.ts";

/**
 * Kafka's own tools as far as the scripts use them: topics are lines of `name partitions replicas settings`, and each
 * change is written down.
 */
const kafkaTopics = String.raw`#!/usr/bin/env bash
set -euo pipefail
declare -A is=()
settings=() action=
for word; do
  case $word in
    --create | --alter | --describe | --list) action=$word ;;
    --config=*) settings+=("${"$"}{word#*=}") ;;
    --*) name=$word ;;
    *) if [[ $name == --config ]]; then settings+=("$word"); else is[$name]=$word; fi ;;
  esac
done
case $action in
  --describe) while read -r topic partitions replicas configs; do
      printf 'Topic: %s\tTopicId: x1\tPartitionCount: %s\tReplicationFactor: %s\tConfigs: %s\n\tTopic: %s\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0\n' "$topic" "$partitions" "$replicas" "$configs" "$topic"
    done <"$FOLDER/topics" ;;
  --create)
    for setting in "${"$"}{settings[@]}"; do
      [[ $setting == *=* ]] || { echo 'Invalid topic config: all configs to be added must be in the format "key=val".' >&2; exit 1; }
    done
    echo "${"$"}{is[--topic]} ${"$"}{is[--partitions]} ${"$"}{is[--replication-factor]} $(IFS=,; echo "${"$"}{settings[*]}")" >>"$FOLDER/topics" ;;
  --alter) echo "alter ${"$"}{is[--topic]} ${"$"}{is[--partitions]}" >>"$FOLDER/changes" ;;
esac
`;
const kafkaConfigs = String.raw`#!/usr/bin/env bash
echo "$*" | sed -E 's/^.*--entity-name (\S+) --add-config (\S+)$/configure \1 \2/' >>"$FOLDER/changes"
`;

async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** The verification of a copy with these topics, by a broker that is a program with an open port. */
async function verify(t: ExecutionContext, topics: string, change: (script: string) => string = (script) => script) {
  const box = sandbox(t, ["data/kafka/verify.sh", "capabilities/verified-backup/copy.sh"], {
    "/opt/kafka/bin/kafka-topics.sh": kafkaTopics,
    "/etc/kafka/docker/run": `#!/bin/sh\nexec node -e 'require("node:net").createServer().listen(process.env.KAFKA_LISTENERS.match(/:(\\d+),/)[1], "127.0.0.1")'\n`,
  });
  box.write("scripts/verify.sh", change(box.read("scripts/verify.sh").replaceAll("19092", await freePort())));
  const copy = "backups/incoming/kafka-20260301T020000Z-abcde";
  const files = { topics: `${topics}\n`, "offsets.csv": '"order-service-group","billing.events",0,7\n' };
  for (const [name, content] of Object.entries(files)) box.write(`${copy}/${name}`, content);
  box.write(
    `${copy}/SHA256SUMS`,
    Object.entries(files)
      .map(([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`)
      .join(""),
  );
  box.write("backups/incoming/current-backup-29-abcde", `${box.folder}/${copy}\n`);
  box.write("backups/verified/.keep", "");
  box.write("topics", "");
  // Pauses are real here: the broker needs some milliseconds to start.
  box.write("bin/sleep", "#!/bin/sh\nexec /usr/bin/sleep 0.05\n");
  return { ...(await box.run("verify.sh")), made: box.read("topics").trim().split("\n") };
}

test("a setting with a list of values is restored as one setting (T11)", async (t) => {
  const { code, lines, made } = await verify(
    t,
    "order.events 6 3 cleanup.policy=compact,delete,min.insync.replicas=2,retention.ms=604800000\nplain 1 1 ",
  );
  t.deepEqual(lines, [
    "verifying kafka-20260301T020000Z-abcde",
    "verified kafka-20260301T020000Z-abcde: 2 topics made again with equal partitions and settings",
  ]);
  t.is(code, 0);
  t.deepEqual(made, ["order.events 6 1 cleanup.policy=compact,delete,retention.ms=604800000", "plain 1 1"]);
});

test("the throttles of a reassignment that was running are no part of a topic, and do not fail its copy (T11)", async (t) => {
  const { code, lines, made } = await verify(
    t,
    "order.events 6 3 leader.replication.throttled.replicas=0:1,1:2,retention.ms=1000,follower.replication.throttled.replicas=*",
  );
  t.deepEqual(
    lines.at(-1),
    "verified kafka-20260301T020000Z-abcde: 1 topics made again with equal partitions and settings",
  );
  t.is(code, 0);
  t.deepEqual(made, ["order.events 6 1 retention.ms=1000"]);
});

test("a topic that is made again with another setting fails the copy (T11)", async (t) => {
  const { code, lines } = await verify(t, "order.events 6 3 flush.ms=1,retention.ms=1000", (script) =>
    script.replace("--replication-factor 1", "--replication-factor 1 --config flush.ms=2"),
  );
  t.is(code, 1);
  t.is(lines.at(-1), "FAILED: kafka-20260301T020000Z-abcde: the restored topics (>) differ from the copy (<)");
});

test("a setting without a value cannot be restored and fails the copy (T11)", async (t) => {
  const { code, lines } = await verify(t, "order.events 6 3 retention.ms");
  t.is(code, 1);
  t.is(
    lines.at(-1),
    'FAILED: kafka-20260301T020000Z-abcde: topic order.events cannot be made again: Invalid topic config: all configs to be added must be in the format "key=val".',
  );
});

/** The topics' job on a cluster that has some already. */
async function topics(t: ExecutionContext, existing: readonly string[], declared: readonly string[]) {
  const box = sandbox(t, ["data/kafka/topics.sh"], {
    "/opt/kafka/bin/kafka-topics.sh": kafkaTopics,
    "/opt/kafka/bin/kafka-configs.sh": kafkaConfigs,
  });
  box.write("topics", existing.map((line) => `${line}\n`).join(""));
  box.write("changes", "");
  const ran = await box.run("topics.sh", { BOOTSTRAP: "kafka:9092", TOPICS: declared.join("\n") });
  return {
    ...ran,
    topics: box.read("topics").trim().split("\n"),
    changes: box.read("changes").trim().split("\n").filter(Boolean),
  };
}

test("topics are made, widened and set as they are declared (T01)", async (t) => {
  const {
    code,
    lines,
    topics: now,
    changes,
  } = await topics(
    t,
    ["order.events 3 1 ", "orderXevents 9 1 "],
    ["order.events 6 1 1 1000", "order.events.dlq 1 1 1 4000"],
  );
  t.deepEqual(lines, [
    "order.events: 3 partitions grew to 6",
    "order.events: as declared",
    "order.events.dlq: made with 1 partitions",
  ]);
  t.is(code, 0);
  t.deepEqual(now.slice(2), ["order.events.dlq 1 1 retention.ms=4000,min.insync.replicas=1"]);
  t.deepEqual(changes, ["alter order.events 6", "configure order.events retention.ms=1000,min.insync.replicas=1"]);
});

test("a topic with fewer copies than are declared is never called as declared, and nothing is changed (T01)", async (t) => {
  const { code, lines, changes } = await topics(
    t,
    ["__consumer_offsets 5 1 ", "billing.events 6 3 ", "order.events 6 1 "],
    ["order.events 6 3 2 1000", "billing.events 6 3 2 1000", "new 1 3 2 1000"],
  );
  t.is(code, 1);
  t.deepEqual(lines, [
    "FAILED: order.events has a replication factor of 1 and 3 is declared; __consumer_offsets has a replication factor of 1 and 3 is declared. " +
      "Kafka makes or removes no copy by itself: give each partition its brokers with kafka-reassign-partitions.sh --execute, wait until --verify says completed, and run this Job again; or declare as many brokers as there were",
  ]);
  t.deepEqual(changes, []);
});

test("a topic with more copies or partitions than are declared is refused with all others, before anything is changed (T01, T12)", async (t) => {
  const { code, lines, changes } = await topics(
    t,
    ["order.events 6 3 ", "billing.events 12 1 "],
    ["order.events 6 1 1 1000", "billing.events 6 1 1 1000"],
  );
  t.is(code, 1);
  t.deepEqual(lines, [
    "FAILED: order.events has a replication factor of 3 and 1 is declared; billing.events has 12 partitions and 6 are declared: partitions cannot be removed, declare at least 12. " +
      "Kafka makes or removes no copy by itself: give each partition its brokers with kafka-reassign-partitions.sh --execute, wait until --verify says completed, and run this Job again; or declare as many brokers as there were",
  ]);
  t.deepEqual(changes, []);
});
