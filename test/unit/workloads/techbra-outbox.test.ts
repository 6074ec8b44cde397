import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import type { Outgoing } from "../../../workloads/server/data/kafka.ts";
import { idleInTransactionTimeout } from "../../../workloads/server/data/postgres.ts";
import { newEvent } from "../../../workloads/server/techbra/events.ts";
import { removals } from "../../../workloads/server/techbra/housekeeping.ts";
import { applyOnce } from "../../../workloads/server/techbra/inbox.ts";
import { batchSize, publishLimit, relayBatch, startRelay } from "../../../workloads/server/techbra/outbox.ts";
import { scriptedDatabase } from "./support/scripted-database.ts";
import { testRuntime } from "./support/server.ts";

interface Row {
  readonly id: string;
  readonly topic: string;
  readonly message_key: string;
  readonly payload: string;
  published: boolean;
}

/** An outbox in memory, with the lock that lets one replica publish. */
function outbox(size: number, { locked = false } = {}) {
  const rows: Row[] = Array.from({ length: size }, (_, at) => ({
    id: String(at + 1),
    topic: "order.events",
    message_key: `order-${at % 3}`,
    payload: `{"n":${at + 1}}`,
    published: false,
  }));
  const scripted = scriptedDatabase((text, values) => {
    if (text.startsWith("SELECT pg_try_advisory_xact_lock")) return [{ held: !locked }];
    if (text.startsWith("SELECT count")) return [{ pending: rows.filter(({ published }) => !published).length }];
    if (text.startsWith("SELECT")) return rows.filter(({ published }) => !published).slice(0, values[0] as number);
    for (const row of rows) if ((values[0] as string[]).includes(row.id)) row.published = true;
    return [];
  });
  return { rows, ...scripted };
}

test("rows are published in their order and marked in the same transaction", async (t) => {
  const { database, rows, statements } = outbox(4);
  const sent: Outgoing[] = [];
  t.is(await relayBatch(database, "orders", async (messages) => void sent.push(...messages)), 4);
  t.deepEqual(
    sent.map(({ topic, key, value }) => [topic, key, value]),
    rows.map(({ topic, message_key, payload }) => [topic, message_key, payload]),
  );
  t.true(rows.every(({ published }) => published));
  t.deepEqual(
    statements.map(({ text }) => text.split(/\s/)[0]),
    ["BEGIN", "SELECT", "SELECT", "UPDATE", "COMMIT"],
  );
  t.deepEqual(statements[1]!.values, ["orders.outbox"]);
});

test("what could not be published stays unmarked and comes first next time", async (t) => {
  const { database, rows } = outbox(3);
  await t.throwsAsync(
    relayBatch(database, "orders", () => Promise.reject(new Error("kafka away"))),
    { message: "kafka away" },
  );
  t.true(rows.every(({ published }) => !published));
  const sent: Outgoing[] = [];
  await relayBatch(database, "orders", async (messages) => void sent.push(...messages));
  t.deepEqual(
    sent.map(({ value }) => value),
    ['{"n":1}', '{"n":2}', '{"n":3}'],
  );
});

test("Kafka has less time under the lock than the server lets a silent transaction have, and what came too late is not sent", async (t) => {
  const { database, rows, statements } = outbox(3);
  let given: AbortSignal | undefined;
  const never = (_: readonly Outgoing[], signal: AbortSignal) => new Promise<void>(() => void (given = signal));
  await t.throwsAsync(relayBatch(database, "orders", never, 20), {
    message: "Kafka did not take a batch within 20 ms",
  });
  t.true(given?.aborted, "a publisher that is still busy with an earlier batch leaves this one out");
  t.true(rows.every(({ published }) => !published));
  t.is(statements.at(-1)?.text, "ROLLBACK");
  t.true(publishLimit < idleInTransactionTimeout, `${publishLimit} and ${idleInTransactionTimeout} ms`);
});

test("a replica without the lock publishes nothing", async (t) => {
  const { database, rows } = outbox(3, { locked: true });
  t.is(await relayBatch(database, "orders", async () => t.fail("published")), 0);
  t.true(rows.every(({ published }) => !published));
});

test("an empty outbox sends nothing to Kafka", async (t) => {
  t.is(await relayBatch(outbox(0).database, "orders", async () => t.fail("published")), 0);
});

test("a relay goes on through failures, batch after batch, and finishes when told to stop", async (t) => {
  const { database, rows } = outbox(2 * batchSize + 1);
  const sizes: number[] = [];
  const waits: number[] = [];
  let toFail = 2;
  const relay = startRelay(
    {
      database,
      schema: "orders",
      delay(failures) {
        waits.push(failures);
        return 5;
      },
      async publish(messages) {
        toFail -= 1;
        if (toFail >= 0) throw new Error("kafka away");
        sizes.push(messages.length);
      },
    },
    testRuntime(),
  );
  for (let waited = 0; waited < 500 && rows.some(({ published }) => !published); waited += 1) await sleep(2);
  await relay.close();
  t.deepEqual(sizes, [batchSize, batchSize, 1]);
  t.deepEqual(waits, [1, 2], "each wait knows how many failures there were");
});

test("a waking relay does not wait for its next look", async (t) => {
  const { database, rows } = outbox(0);
  const relay = startRelay({ database, schema: "orders", publish: async () => {} }, testRuntime());
  await sleep(20);
  rows.push({ id: "9", topic: "order.events", message_key: "k", payload: "{}", published: false });
  const woken = performance.now();
  relay.wake();
  for (let waited = 0; waited < 40 && !rows[0]!.published; waited += 1) await sleep(5);
  t.true(rows[0]!.published && performance.now() - woken < 250);
  await relay.close();
});

const message = newEvent("PaymentFailed", { orderId: randomUUID(), round: 1, reason: "declined" });
const answer = newEvent("PaymentRetryRequested", { orderId: message.orderId, round: 2 });

test("a message's id, its effect and the answer are written in one transaction", async (t) => {
  const { database, statements } = scriptedDatabase((text) =>
    text.includes("processed_messages") ? [{ message_id: message.id }] : [],
  );
  t.true(
    await applyOnce(database, { schema: "billing", consumer: "billing-service-group" }, message, async (query) => {
      await query({ text: "UPDATE effect", values: [] });
      return answer;
    }),
  );
  t.deepEqual(
    statements.map(({ text }) => text.split(" ").slice(0, 3).join(" ")),
    ["BEGIN", "INSERT INTO billing.processed_messages", "UPDATE effect", "INSERT INTO billing.outbox", "COMMIT"],
  );
  t.deepEqual(statements[1]!.values, ["billing-service-group", message.id]);
  t.deepEqual(statements[3]!.values, [answer.id, "billing.events", answer.orderId, JSON.stringify(answer)]);
});

test("a message that was applied before has no effect", async (t) => {
  const { database, statements } = scriptedDatabase(() => []);
  t.false(
    await applyOnce(
      database,
      { schema: "orders", consumer: "g" },
      message,
      async () => t.fail("applied again") as never,
    ),
  );
  t.deepEqual(
    statements.map(({ text }) => text.split(" ")[0]),
    ["BEGIN", "INSERT", "COMMIT"],
  );
});

test("a failed effect takes the message's id back with it", async (t) => {
  const { database, statements } = scriptedDatabase(() => [{}]);
  await t.throwsAsync(
    applyOnce(database, { schema: "orders", consumer: "g" }, message, () => Promise.reject(new Error("no"))),
    { message: "no" },
  );
  t.is(statements.at(-1)!.text, "ROLLBACK");
});

test("old rows are removed from a service's own schema in bounded portions, and unpublished ones never", (t) => {
  const [events, ids] = removals("billing");
  t.regex(
    events!.text,
    /^DELETE FROM billing\.outbox .* WHERE published_at < now\(\) - make_interval\(days => \$1\) LIMIT \$2\)$/,
  );
  t.regex(ids!.text, /^DELETE FROM billing\.processed_messages /);
  t.deepEqual(
    [events!.values, ids!.values],
    [
      [30, 5000],
      [30, 5000],
    ],
  );
});

test("no service names another's schema in a statement", (t) => {
  const folder = new URL("../../../workloads/server/techbra/", import.meta.url);
  const own: Record<string, string> = {
    orders: "orders",
    "order-routes": "orders",
    billing: "billing",
    "payment-routes": "billing",
    inventory: "inventory",
    "inventory-routes": "inventory",
  };
  let statements = 0;
  for (const file of readdirSync(folder)) {
    const named = [
      ...readFileSync(new URL(file, folder), "utf8").matchAll(
        /\b(?:FROM|INTO|UPDATE|JOIN) (orders|billing|inventory)\./g,
      ),
    ].map(([, schema]) => schema!);
    statements += named.length;
    for (const schema of named) t.is(schema, own[file.replace(/\.ts$/, "")] ?? "none", file);
  }
  t.true(statements > 20, String(statements));
});
