import { randomUUID } from "node:crypto";
import test from "ava";
import { type Ask, command, eventually, kubectl, sql, withService } from "../../support/cluster.ts";

const namespace = "techbra-test";
const orders = <T>(use: (ask: Ask) => Promise<T>) => withService(namespace, "order-service", 8081, use);
const inventory = <T>(use: (ask: Ask) => Promise<T>) => withService(namespace, "inventory-service", 8083, use);
const shop = (statement: string) => sql(statement, "ecommerce_db", namespace);
const kafka = (...tool: string[]) => kubectl("exec", "-n", namespace, "kafka-0", "--", ...tool);

/** Messages that the two dead-letter topics ever held. */
const deadLetters = () =>
  kafka(
    "/opt/kafka/bin/kafka-get-offsets.sh",
    "--bootstrap-server",
    "localhost:9092",
    "--topic-partitions",
    "order.events.dlq:0,billing.events.dlq:0",
  );

const skus = ["NOTEBOOK-14", "PHONE-128", "TABLET-10", "MONITOR-27", "KEYBOARD-BR"];
const post = (customerId: string, index: number): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", connection: "keep-alive" },
  body: JSON.stringify({ customerId, items: [{ sku: skus[index % skus.length], quantity: 1 + (index % 3) }] }),
});

test.serial(
  "topics and dead-letter topics are declared with their retention, and Kafka's tools answer as operators type them (T01)",
  async (t) => {
    const topics = (await kafka("kafka-topics", "--bootstrap-server", "localhost:9092", "--list"))
      .split("\n")
      .filter((name) => !name.startsWith("__"))
      .sort();
    t.deepEqual(topics, ["billing.events", "billing.events.dlq", "order.events", "order.events.dlq"]);
    t.regex(
      await kafka("kafka-topics", "--bootstrap-server", "localhost:9092", "--describe", "--topic", "order.events"),
      /PartitionCount: 6\t.*retention\.ms=604800000/,
    );
  },
);

test.serial(
  "1,000 orders with failing payments all end completed or compensated, though billing is killed and Kafka restarted among them",
  async (t) => {
    t.timeout(900_000);
    const customer = `drill-${randomUUID()}`;
    const of = `customer_id = '${customer}'`;
    const lettersBefore = await deadLetters();
    const placed: string[] = [];
    let next = 0;
    const worker = (ask: Ask) => async () => {
      while (next < 1000) {
        const answer = await ask("/api/orders", post(customer, next++));
        if (answer.status !== 201 && answer.status !== 202)
          throw new Error(`an order is answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        placed.push(answer.body["id"] as string);
      }
    };
    const disturbances = (async () => {
      await eventually(
        "300 orders",
        300,
        async () => placed.length,
        (count) => count >= 300,
      );
      await kubectl("delete", "pod", "-n", namespace, "-l", "app=billing-service", "--grace-period=0", "--force");
      await eventually(
        "600 orders",
        300,
        async () => placed.length,
        (count) => count >= 600,
      );
      await kubectl("rollout", "restart", "statefulset/kafka", "-n", namespace);
      await kubectl("rollout", "status", "statefulset/kafka", "-n", namespace, "--timeout=300s");
    })();
    await orders((ask) => Promise.all(Array.from({ length: 10 }, worker(ask))));
    await disturbances;
    t.is(new Set(placed).size, 1000);

    await eventually(
      "the end of every order",
      300,
      () => shop(`SELECT count(*) FROM orders.orders WHERE ${of} AND status = 'PENDING'`),
      (pending) => pending === "0",
    );
    const states = Object.fromEntries(
      (await shop(`SELECT status, count(*) FROM orders.orders WHERE ${of} GROUP BY 1`))
        .split("\n")
        .map((line) => line.split("|")),
    );
    t.log(states);
    t.is(Number(states["COMPLETED"]) + Number(states["CANCELLED"]), 1000);
    t.true(Number(states["CANCELLED"]) > 0, "one payment in ten fails");

    const outcomes = `SELECT o.status, p.status, count(*) FROM orders.orders o JOIN billing.payments p ON p.order_id = o.id WHERE o.${of} GROUP BY 1, 2 ORDER BY 1, 2`;
    t.deepEqual(
      (
        await eventually(
          "agreement of orders and payments",
          60,
          () => shop(outcomes),
          (rows) => rows.split("\n").length === 2,
        )
      ).split("\n"),
      [`CANCELLED|FAILED|${states["CANCELLED"]}`, `COMPLETED|COMPLETED|${states["COMPLETED"]}`],
    );
    t.is(
      await shop(
        `SELECT count(*) FROM billing.payment_attempts a JOIN orders.orders o ON o.id = a.order_id WHERE o.${of}`,
      ),
      "1000",
      "every order is charged once",
    );
    await eventually(
      "nothing reserved any more",
      60,
      () => shop("SELECT sum(reserved) FROM inventory.stock"),
      (reserved) => reserved === "0",
    );
    const audit = await inventory((ask) => ask("/api/inventory/audit"));
    t.true(audit.body["equal"], JSON.stringify(audit.body));
    const sold = await shop(
      `SELECT i.sku, sum(i.quantity) FROM orders.order_items i JOIN orders.orders o ON o.id = i.order_id WHERE o.${of} AND o.status = 'COMPLETED' GROUP BY 1 ORDER BY 1`,
    );
    t.log(`sold: ${sold.replaceAll("\n", ", ")}`);
    t.is(await deadLetters(), lettersBefore, "no message was given up");
  },
);

test.serial(
  "a failed payment is tried again once for each idempotency key, and the order is completed with its stock (T10)",
  async (t) => {
    const id = await shop(
      "SELECT order_id FROM billing.payments WHERE status = 'FAILED' ORDER BY updated_at DESC LIMIT 1",
    );
    t.regex(id, /^[0-9a-f-]{36}$/);
    await withService(namespace, "billing-service", 8082, async (ask) => {
      // A service that cannot reach its database says 503, and the same key may be sent again.
      const retry = (headers: Record<string, string>) =>
        eventually(
          "an answer",
          60,
          () => ask(`/api/payments/${id}/retry`, { method: "POST", headers }),
          (answer) => answer.status !== 503,
        );
      t.is((await retry({})).status, 400);
      let status = "FAILED";
      for (let attempt = 1; status === "FAILED" && attempt <= 10; attempt++) {
        const key = { "Idempotency-Key": randomUUID() };
        const first = await retry(key);
        t.is(first.status, 202);
        t.deepEqual((await retry(key)).body, first.body);
        status = await eventually(
          "the end of the retry",
          60,
          () => shop(`SELECT status FROM billing.payments WHERE order_id = '${id}'`),
          (seen) => seen !== "RETRYING",
        );
      }
      t.is(status, "COMPLETED");
      t.is((await retry({ "Idempotency-Key": randomUUID() })).status, 409);
    });
    await eventually(
      "the completed order",
      60,
      () => shop(`SELECT status FROM orders.orders WHERE id = '${id}'`),
      (seen) => seen === "COMPLETED",
    );
    t.true((await inventory((ask) => ask("/api/inventory/audit"))).body["equal"]);
  },
);

test.serial("a message that no consumer can read goes to the dead-letter topic and stops nobody (T13)", async (t) => {
  const before = await deadLetters();
  const { code, stderr } = await command(
    "kubectl",
    [
      "exec",
      "-i",
      "-n",
      namespace,
      "kafka-0",
      "--",
      "env",
      "KAFKA_HEAP_OPTS=-Xmx96m",
      "/opt/kafka/bin/kafka-console-producer.sh",
      "--bootstrap-server",
      "localhost:9092",
      "--topic",
      "order.events",
    ],
    { input: "no event at all\n" },
  );
  t.is(code, 0, stderr);
  await eventually("the dead letters", 60, deadLetters, (offsets) => offsets !== before);
  const lag = await eventually(
    "no lag",
    60,
    () =>
      kafka(
        "kafka-consumer-groups",
        "--bootstrap-server",
        "localhost:9092",
        "--group",
        "order-service-group",
        "--describe",
      ),
    (text) =>
      text
        .split("\n")
        .filter((line) => line.startsWith("order-service-group"))
        .every((line) => ["0", "-"].includes(line.split(/\s+/)[5]!)),
  );
  t.regex(lag, /order\.events/);
});

test.serial("the front service answers with order and payment (T02)", async (t) => {
  const id = await shop("SELECT id FROM orders.orders WHERE status = 'COMPLETED' ORDER BY created_at DESC LIMIT 1");
  const { status, body } = await withService(namespace, "bff", 8084, (ask) => ask(`/api/orders/${id}/overview`));
  t.is(status, 200);
  t.is(body["order"]["status"], "COMPLETED");
  t.is(body["payment"]["status"], "COMPLETED");
});
