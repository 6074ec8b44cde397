import { existsSync, utimesSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { sandbox } from "./support/sandbox.ts";

/** Kafka's own tool, which says what a file says, counts that it was asked, and fails where there is no such file. */
const kafkaTopics = `#!/usr/bin/env bash
echo "$*" >>"$FOLDER/asked"
cat "$FOLDER/described" 2>/dev/null || { printf 'Error while executing topic command\\nTimed out waiting for a node assignment\\n' >&2; exit 1; }
`;
const partition = (topic: string, number: number, leader: string, inSync: string) =>
  `\tTopic: ${topic}\tPartition: ${number}\tLeader: ${leader}\tReplicas: 0,1,2\tIsr: ${inSync}\tElr: \tLastKnownElr: \n`;

/**
 * The readiness of broker 1, whose port is open, and what Kafka says of partitions that lack a copy; undefined where it
 * does not answer.
 */
async function broker(t: ExecutionContext, described: string | undefined) {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.teardown(() => server.close());
  const box = sandbox(t, ["data/kafka/in-sync.sh", "data/kafka/broker.sh"], {
    "/opt/kafka/bin/kafka-topics.sh": kafkaTopics,
    "/etc/kafka/docker/run": "#!/bin/sh\necho started\n",
  });
  box.write(
    "scripts/in-sync.sh",
    box.read("scripts/in-sync.sh").replaceAll("9092", String((server.address() as AddressInfo).port)),
  );
  if (described !== undefined) box.write("described", described);
  const asked = () => (existsSync(join(box.folder, "asked")) ? box.read("asked").trim().split("\n").length : 0);
  return { box, asked, server, ready: () => box.run("in-sync.sh", { HOSTNAME: "kafka-1" }) };
}

test("a broker that others wait for is ready, and Kafka is asked again after five minutes only", async (t) => {
  const { box, asked, ready } = await broker(t, "");
  for (let probe = 0; probe < 3; probe += 1) t.deepEqual(await ready(), { code: 0, lines: [""] });
  t.is(asked(), 1);
  const before = new Date(Date.now() - 6 * 60_000);
  utimesSync(join(box.folder, "tmp/in-sync"), before, before);
  t.is((await ready()).code, 0);
  t.is(asked(), 2);
});

test("a broker that lacks messages of its partitions is not ready, names them, and is once it has them", async (t) => {
  const { box, ready } = await broker(
    t,
    partition("order.events", 0, "0", "0,2") +
      partition("billing.events", 3, "2", "2") +
      partition("order.events", 1, "1", "0,1"),
  );
  t.deepEqual(await ready(), { code: 1, lines: ["not in sync yet: order.events-0 billing.events-3"] });
  box.write("described", partition("order.events", 1, "1", "0,1"));
  t.deepEqual(await ready(), { code: 0, lines: [""] });
});

test("neither another broker's absence nor a partition without a leader keeps a broker from being ready", async (t) => {
  const { ready } = await broker(
    t,
    partition("order.events", 0, "1", "0,1") +
      partition("order.events", 1, "none", "2") +
      partition("order.events", 2, "0", "0,1"),
  );
  t.deepEqual(await ready(), { code: 0, lines: [""] });
});

test("a broker that falls behind later loses its readiness, and a start takes an earlier answer away", async (t) => {
  const { box, ready } = await broker(t, "");
  t.is((await ready()).code, 0);
  box.write("described", partition("order.events", 0, "0", "0,2"));
  const before = new Date(Date.now() - 6 * 60_000);
  utimesSync(join(box.folder, "tmp/in-sync"), before, before);
  t.is((await ready()).code, 1);
  box.write("described", "");
  t.is((await ready()).code, 0);
  t.deepEqual(await box.run("broker.sh", { HOSTNAME: "kafka-1", PEER_DOMAIN: "peers" }), {
    code: 0,
    lines: ["started"],
  });
  box.write("described", partition("order.events", 0, "0", "0,2"));
  t.is((await ready()).code, 1);
});

test("no answer and a closed port are no readiness", async (t) => {
  const { ready, server } = await broker(t, undefined);
  t.deepEqual(await ready(), { code: 1, lines: ["Kafka does not answer: Timed out waiting for a node assignment"] });
  server.close();
  const { code, lines } = await ready();
  t.is(code, 1);
  t.regex(lines[0]!, /^port \d+ is closed$/);
});
