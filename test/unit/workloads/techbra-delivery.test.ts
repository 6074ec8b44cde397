import { randomUUID } from "node:crypto";
import type { Message } from "@platformatic/kafka";
import test from "ava";
import { DatabaseError } from "pg";
import type { Outgoing } from "../../../workloads/server/data/kafka.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { createDelivery, isTransient, maxAttempts } from "../../../workloads/server/techbra/delivery.ts";
import { Contradiction, newEvent } from "../../../workloads/server/techbra/events.ts";
import { series, testRuntime } from "./support/server.ts";

const valid = newEvent("PaymentRetryRequested", { orderId: randomUUID(), round: 2 });
const message = (value: string | undefined) =>
  ({
    topic: "billing.events",
    partition: 2,
    offset: 7n,
    key: Buffer.from("k"),
    value: value === undefined ? undefined : Buffer.from(value),
    headerEntries: [[Buffer.from("who"), Buffer.from("me")]],
  }) as unknown as Message;
const away = new HttpProblem(503, "database_unavailable", "The database cannot answer now.");

/** A delivery whose handler fails in the given ways, one after the other, and then works. */
function delivery({ failures = [], publishFailures = 0 }: { failures?: readonly unknown[]; publishFailures?: number }) {
  const runtime = testRuntime();
  const stop = new AbortController();
  const buried: Outgoing[] = [];
  const waits: number[] = [];
  let handled = 0;
  let published = 0;
  const deal = createDelivery(
    {
      group: "g",
      topics: ["billing.events"],
      async publish(messages) {
        published += 1;
        if (published <= publishFailures) throw new Error("kafka away");
        buried.push(...messages);
      },
      async handle() {
        handled += 1;
        if (handled <= failures.length) throw failures[handled - 1];
      },
      async wait(milliseconds, signal) {
        waits.push(milliseconds);
        signal.throwIfAborted();
      },
    },
    runtime,
  );
  const dealWith = (value: string | undefined) => deal(message(value), stop.signal);
  const deadLetters = async () =>
    series(await runtime.metrics.registry.metrics(), 'dead_letters_total{topic="billing.events.dlq",service="test"}');
  return { dealWith, stop, buried, waits, handled: () => handled, deadLetters };
}

test("a valid message is handled once and not buried", async (t) => {
  const { dealWith, buried, handled, deadLetters } = delivery({});
  await dealWith(JSON.stringify(valid));
  t.is(handled(), 1);
  t.deepEqual(buried, []);
  t.is(await deadLetters(), "0");
});

test("what is no event is buried at once, with its bytes, its key, its headers and the place it came from", async (t) => {
  for (const [value, reason] of [
    ["{half", "body: expected a JSON document"],
    [undefined, "body: expected a JSON document"],
    [JSON.stringify({ ...valid, round: "2" }), "round: Invalid input: expected number, received string"],
  ] as const) {
    const { dealWith, buried, handled, deadLetters } = delivery({});
    await dealWith(value);
    t.is(handled(), 0);
    t.deepEqual(
      buried.map(({ topic, key, value: bytes }) => [topic, String(key), bytes?.toString()]),
      [["billing.events.dlq", "k", value]],
    );
    t.deepEqual(
      [...buried[0]!.headers!],
      [
        ["who", "me"],
        ["x-original-topic", "billing.events"],
        ["x-original-partition", "2"],
        ["x-original-offset", "7"],
        ["x-original-error", reason],
        ["x-consumer-group", "g"],
      ],
    );
    t.is(await deadLetters(), "1");
  }
});

test("an outage is waited out however long it takes, and nothing is skipped", async (t) => {
  const { dealWith, buried, waits, handled } = delivery({ failures: Array.from({ length: 40 }, () => away) });
  await dealWith(JSON.stringify(valid));
  t.is(handled(), 41);
  t.is(waits.length, 40);
  t.true(waits.every((milliseconds) => milliseconds <= 5_000) && waits.at(-1)! >= 2_500);
  t.deepEqual(buried, []);
});

test("a message that fails by itself is buried after five attempts", async (t) => {
  const { dealWith, buried, waits, handled } = delivery({
    failures: Array.from({ length: 9 }, () => new Contradiction("impossible")),
  });
  await dealWith(JSON.stringify(valid));
  t.is(maxAttempts, 5);
  t.is(handled(), 5);
  t.is(waits.length, 4);
  t.is(buried[0]!.headers!.get("x-original-error"), "impossible");
});

test("outages between the failures do not count as failures", async (t) => {
  const own = new Error("own");
  const { dealWith, buried, handled } = delivery({ failures: [own, away, own, away, away, own, own] });
  await dealWith(JSON.stringify(valid));
  t.is(handled(), 8);
  t.deepEqual(buried, []);
});

test("a message is not let go before the dead-letter topic has it", async (t) => {
  const { dealWith, buried, waits, deadLetters } = delivery({ publishFailures: 8 });
  await dealWith("{half");
  t.is(waits.length, 8);
  t.is(buried.length, 1);
  t.is(await deadLetters(), "1");
});

test("a stop during an outage ends the wait and neither handles nor buries the message", async (t) => {
  const { dealWith, stop, buried, handled } = delivery({ failures: [away] });
  stop.abort();
  await t.throwsAsync(dealWith(JSON.stringify(valid)), { name: "AbortError" });
  t.is(handled(), 1);
  t.deepEqual(buried, []);
});

test("an absent database and other transactions in the way are transient, a wrong statement and a wrong message are not", (t) => {
  const failure = (code: string) => Object.assign(new DatabaseError("failed", 1, "error"), { code });
  t.true(isTransient(away));
  for (const code of ["40001", "40P01", "55P03"]) t.true(isTransient(failure(code)), code);
  for (const code of ["23505", "22003", "42601"]) t.false(isTransient(failure(code)), code);
  t.false(isTransient(new TypeError("undefined is not a function")));
  t.false(isTransient(new HttpProblem(404, "unknown_order", "There is no order of this id.")));
});
