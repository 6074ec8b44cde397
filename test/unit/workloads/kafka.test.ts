import { createServer } from "node:net";
import { once } from "node:events";
import test from "ava";
import * as z from "zod";
import { kafkaVariables, newConsumer, openPublisher } from "../../../workloads/server/data/kafka.ts";
import { reasonOf } from "../../../workloads/server/reason.ts";
import { testRuntime } from "./support/server.ts";

const runtime = testRuntime();

/** A port of the loopback interface that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(() => "no error", reasonOf);
}

test("brokers are host:port pairs with commas between them", (t) => {
  const { KAFKA_BROKERS } = kafkaVariables;
  t.is(KAFKA_BROKERS.parse(undefined), "kafka-kafka:9092");
  t.is(KAFKA_BROKERS.parse("a:9092,b.c:19092"), "a:9092,b.c:19092");
  for (const value of ["", "kafka", "a:1, b:2", "a:1,", "http://a:1"]) {
    t.deepEqual(
      KAFKA_BROKERS.safeParse(value).error?.issues.at(-1)?.message,
      "addresses like host:9092 with commas between them",
      value,
    );
  }
  t.true(z.object(kafkaVariables).safeParse({}).success);
});

test("messages for a broker that is away are refused after some attempts", async (t) => {
  const port = await closedPort();
  const publisher = openPublisher({ KAFKA_BROKERS: `127.0.0.1:${port}` }, runtime, 25);
  const started = performance.now();
  t.is(
    await refusal(publisher.publish([{ topic: "t", key: "k", value: "v" }])),
    `connect ECONNREFUSED 127.0.0.1:${port}`,
  );
  t.true(performance.now() - started > 90, "it waits between its attempts");
  await publisher.close();
});

test("messages that nobody waits for any more are not sent", async (t) => {
  const port = await closedPort();
  const publisher = openPublisher({ KAFKA_BROKERS: `127.0.0.1:${port}` }, runtime, 25);
  const first = refusal(publisher.publish([{ topic: "t", key: "k", value: "v" }]));
  const late = refusal(
    publisher.publish([{ topic: "t", key: "k", value: "v" }], AbortSignal.abort(new Error("too late"))),
  );
  t.deepEqual([await first, await late], [`connect ECONNREFUSED 127.0.0.1:${port}`, "too late"]);
  await publisher.close();
});

test("the check of a broker that is away fails at once with the reason", async (t) => {
  const port = await closedPort();
  const publisher = openPublisher({ KAFKA_BROKERS: `127.0.0.1:${port}` }, runtime);
  const started = performance.now();
  t.is(await refusal(publisher.check(["t"]).run()), `connect ECONNREFUSED 127.0.0.1:${port}`);
  t.true(performance.now() - started < 500);
  await publisher.close();
});

test("a consumer leaves it to its owner to try again, and closes without a broker", async (t) => {
  const port = await closedPort();
  const consumer = newConsumer({ KAFKA_BROKERS: `127.0.0.1:${port}`, KAFKA_CLIENT_ID: "c" }, "g", runtime);
  t.is(consumer.clientId, "c");
  t.is(await refusal(consumer.joinGroup({})), `connect ECONNREFUSED 127.0.0.1:${port}`);
  await consumer.close(true);
  t.true(consumer.closed);
});
