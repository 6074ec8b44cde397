import { randomUUID } from "node:crypto";
import test from "ava";
import { readEnvironment } from "../../../workloads/server/environment.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { programs } from "../../../workloads/server/systems/techbra-ecommerce.ts";
import { createTimer, withActuator } from "../../../workloads/server/techbra/actuator.ts";
import { inventoryRoutes } from "../../../workloads/server/techbra/inventory-routes.ts";
import { orderRoutes, watchSaga } from "../../../workloads/server/techbra/order-routes.ts";
import type { Payment } from "../../../workloads/server/techbra/payment.ts";
import { paymentRoutes } from "../../../workloads/server/techbra/payment-routes.ts";
import { scriptedDatabase } from "./support/scripted-database.ts";
import { series, testApp, testRuntime } from "./support/server.ts";

const id = randomUUID();
const prices = [
  { sku: "A", price_cents: 250 },
  { sku: "B", price_cents: 1_000 },
];

/** order-service's interface over a database that knows two prices and keeps one order. */
function orders() {
  let committed = 0;
  const scripted = scriptedDatabase((text, values) => {
    if (text.includes("orders.prices")) return prices.filter(({ sku }) => (values[0] as string[]).includes(sku));
    if (text.includes("GROUP BY status"))
      return [
        { status: "PENDING", orders: 2 },
        { status: "CANCELLED", orders: 1 },
      ];
    if (text.includes("extract(epoch")) return [{ seconds: 3.5 }];
    return text.startsWith("SELECT") ? [{ id: values[0], status: "PENDING" }] : [];
  });
  const app = testApp({ routes: orderRoutes(scripted.database, () => (committed += 1)) });
  const place = (body: unknown) => app.send("POST", "/api/orders", { body: JSON.stringify(body) });
  const inserts = () => scripted.statements.filter(({ text }) => text.startsWith("INSERT"));
  return { ...scripted, ...app, place, inserts, committed: () => committed };
}

test("a placed order is written with its products and its event, and costs what its products cost", async (t) => {
  const { place, inserts, committed, statements } = orders();
  const response = await place({
    customerId: "ana",
    items: [
      { sku: "A", quantity: 2 },
      { sku: "B", quantity: 1 },
    ],
  });
  t.is(response.status, 201);
  const [order, items, outbox] = inserts();
  const orderId = order!.values[0] as string;
  t.is(response.headers.get("location"), `/api/orders/${orderId}`);
  t.deepEqual(order!.values, [orderId, "ana", 1_500]);
  t.deepEqual(items!.values, [orderId, ["A", "B"], [2, 1]]);
  t.deepEqual(outbox!.values.slice(1, 3), ["order.events", orderId]);
  t.like(JSON.parse(outbox!.values[3] as string), {
    type: "OrderCreated",
    id: outbox!.values[0],
    orderId,
    round: 1,
    customerId: "ana",
    amountCents: 1_500,
    items: [
      { sku: "A", quantity: 2 },
      { sku: "B", quantity: 1 },
    ],
  });
  t.deepEqual(
    [statements[0]!.text, statements.findIndex(({ text }) => text === "COMMIT") > statements.indexOf(outbox!)],
    ["BEGIN", true],
  );
  t.is(committed(), 1);
});

test("an amount in the request is believed, and then products need no price", async (t) => {
  const { place, inserts } = orders();
  t.is((await place({ customerId: "ana", items: [{ sku: "C", quantity: 1 }], amountCents: 0 })).status, 201);
  t.is(inserts()[0]!.values[2], 0);
});

test("an order that cannot be priced is refused and writes nothing", async (t) => {
  const { place, inserts, committed } = orders();
  const response = await place({
    customerId: "ana",
    items: [
      { sku: "A", quantity: 1 },
      { sku: "C", quantity: 1 },
    ],
  });
  t.is(response.status, 400);
  t.like(await response.json(), {
    problems: [{ path: "amountCents", message: "expected an amount, because these products have no price: C" }],
  });
  t.deepEqual([inserts(), committed()], [[], 0]);
});

test("every fault of a request for an order is named", async (t) => {
  const { place, statements } = orders();
  const faultsOf = async (body: unknown) =>
    ((await (await place(body)).json()) as { problems: { path: string }[] }).problems.map(({ path }) => path);
  t.deepEqual(await faultsOf([]), ["body"]);
  t.deepEqual(await faultsOf({}), ["customerId", "items"]);
  t.deepEqual(await faultsOf({ customerId: "a b", items: [], amountCents: -1 }), [
    "customerId",
    "items",
    "amountCents",
  ]);
  t.deepEqual(
    await faultsOf({
      customerId: "ana",
      items: [
        { sku: "A", quantity: 0 },
        { sku: "a b", quantity: 1.5 },
      ],
    }),
    ["items.0.quantity", "items.1.sku", "items.1.quantity"],
  );
  t.deepEqual(
    await faultsOf({
      customerId: "ana",
      items: [
        { sku: "A", quantity: 1 },
        { sku: "A", quantity: 1 },
      ],
    }),
    ["items"],
  );
  t.deepEqual(statements, []);
});

test("orders are listed by status, and a status that is none is refused", async (t) => {
  const { send, statements } = orders();
  t.like(await (await send("GET", "/api/orders?status=PENDING")).json(), { count: 1, limit: 100 });
  t.deepEqual(statements[0]!.values, ["PENDING", 100]);
  t.is((await send("GET", "/api/orders?status=LOST")).status, 400);
});

test("what is no order's id is a 404 and reaches no database", async (t) => {
  const { send, statements } = orders();
  t.is((await send("GET", "/api/orders/ORDER123")).status, 404);
  t.deepEqual(statements, []);
  t.is((await send("GET", `/api/orders/${id}`)).status, 200);
});

test("the saga's summary counts every state, also those without an order, and so does its metric", async (t) => {
  const { send, database } = orders();
  t.deepEqual(await (await send("GET", "/api/saga/summary")).json(), {
    total: 3,
    states: { PENDING: 2, COMPLETED: 0, CANCELLED: 1 },
    oldestPendingSeconds: 3.5,
  });
  const runtime = testRuntime();
  watchSaga(database, runtime);
  t.is(series(await runtime.metrics.registry.metrics(), 'saga_orders{state="COMPLETED",service="test"}'), "0");
});

test("metrics are served while the database is away", async (t) => {
  const { database } = scriptedDatabase(
    () => new HttpProblem(503, "database_unavailable", "The database cannot answer now."),
  );
  const runtime = testRuntime();
  watchSaga(database, runtime);
  t.true((await runtime.metrics.registry.metrics()).includes("# TYPE saga_orders gauge"));
});

/** billing-service's interface over a payment in memory. */
function billing(payment: Payment | undefined) {
  let current = payment;
  let committed = 0;
  const answers = new Map<string, unknown>();
  const scripted = scriptedDatabase((text, values) => {
    if (text.startsWith("SELECT status, round")) return current ? [current] : [];
    if (text.startsWith("SELECT answer"))
      return answers.has(values[1] as string) ? [{ answer: answers.get(values[1] as string) }] : [];
    if (text.startsWith("UPDATE")) current = { status: values[1] as Payment["status"], round: values[2] as number };
    if (text.startsWith("INSERT INTO billing.payment_retries"))
      answers.set(values[1] as string, JSON.parse(values[2] as string));
    return [];
  });
  const { send } = testApp({ routes: paymentRoutes(scripted.database, () => (committed += 1)) });
  const retry = (key?: string) =>
    send("POST", `/api/payments/${id}/retry`, { headers: key === undefined ? {} : { "Idempotency-Key": key } });
  const events = () =>
    scripted.statements
      .filter(({ text }) => text.startsWith("INSERT INTO billing.outbox"))
      .map(({ values }) => JSON.parse(values[3] as string));
  return { ...scripted, send, retry, events, set: (next: Payment) => (current = next), committed: () => committed };
}

test("a failed payment is tried again once for each key, and the same key gets the same answer", async (t) => {
  const { retry, events, set } = billing({ status: "FAILED", round: 1 });
  const first = await retry("k1");
  t.is(first.status, 202);
  const answer = await first.json();
  t.deepEqual(answer, { orderId: id, round: 2, status: "RETRYING" });
  set({ status: "FAILED", round: 2 });
  t.deepEqual(await (await retry("k1")).json(), answer);
  t.is(events().length, 1);
  t.like(events()[0], { type: "PaymentRetryRequested", orderId: id, round: 2 });
  t.like(await (await retry("k2")).json(), { round: 3 });
  t.deepEqual(
    events().map(({ round }) => round),
    [2, 3],
  );
});

test("a retry without a key that can name it is a 400 and reaches no database", async (t) => {
  const { retry, statements } = billing({ status: "FAILED", round: 1 });
  for (const key of [undefined, "", "a b", "x".repeat(129)]) t.is((await retry(key)).status, 400, key);
  t.deepEqual(statements, []);
});

test("a payment that has not failed is not tried again", async (t) => {
  for (const status of ["COMPLETED", "NOT_CHARGED", "RETRYING"] as const) {
    const { retry, events, committed } = billing({ status, round: 1 });
    const response = await retry("k1");
    t.is(response.status, 409);
    t.like(await response.json(), { error: "payment_not_failed", status });
    t.deepEqual([events(), committed()], [[], 0]);
  }
});

test("an order without a payment has none to show and none to try again", async (t) => {
  const { retry, send } = billing(undefined);
  t.is((await retry("k1")).status, 404);
  t.is((await send("GET", `/api/payments/${id}`)).status, 404);
  t.is((await send("GET", "/api/payments/ORDER123")).status, 404);
});

test("the audit is equal only when every product is, and is not taken for a product", async (t) => {
  const row = (sku: string, equal: boolean) => ({
    sku,
    stock: 5,
    reserved: 1,
    ledger: equal ? 5 : 4,
    ledgerReserved: 1,
    equal,
  });
  const audit = async (rows: object[]) =>
    (
      await testApp({ routes: inventoryRoutes(scriptedDatabase(() => rows).database) }).send(
        "GET",
        "/api/inventory/audit",
      )
    ).json();
  t.like(await audit([row("A", true), row("B", true)]), { equal: true, count: 2 });
  t.like(await audit([row("A", true), row("B", false)]), { equal: false, count: 2 });
});

test("an unknown product is a 404", async (t) => {
  const { send } = testApp({
    routes: inventoryRoutes(
      scriptedDatabase((_, values) => (values[0] === "A" ? [{ sku: "A", available: 3, reserved: 0 }] : [])).database,
    ),
  });
  t.deepEqual(await (await send("GET", "/api/inventory/A")).json(), { sku: "A", available: 3, reserved: 0 });
  t.is((await send("GET", "/api/inventory/B")).status, 404);
});

test("readiness is DOWN without something required only, and liveness asks for nothing", async (t) => {
  const check = (name: string, need: "required" | "optional" | "informative", works: boolean) => ({
    name,
    need,
    run: () => (works ? Promise.resolve("fine") : Promise.reject(new Error("refused"))),
  });
  const app = (works: boolean) =>
    testApp({
      routes: withActuator(
        [],
        [check("kafka", "required", works), check("redis", "optional", false), check("other", "informative", false)],
        testRuntime(),
      ),
    });
  const up = await app(true).send("GET", "/actuator/health/readiness");
  t.is(up.status, 200);
  t.like(await up.json(), { status: "UP", components: { kafka: { status: "ok" } } });
  const down = await app(false).send("GET", "/actuator/health/readiness");
  t.is(down.status, 503);
  t.like(await down.json(), { status: "DOWN", components: { kafka: { status: "unavailable", detail: "refused" } } });
  t.deepEqual(await (await app(false).send("GET", "/actuator/health/liveness")).json(), { status: "UP" });
});

test("http.server.requests counts a service's own requests, failed ones too, and not the probes", async (t) => {
  const { send } = testApp({
    routes: withActuator(
      [
        {
          method: "GET",
          path: "/x",
          handle: () => {
            throw new HttpProblem(404, "x", "X.");
          },
        },
      ],
      [],
      testRuntime(),
    ),
  });
  for (const path of ["/x", "/x", "/actuator/health/liveness", "/nothing"]) await send("GET", path);
  const { name, baseUnit, measurements } = (await (
    await send("GET", "/actuator/metrics/http.server.requests")
  ).json()) as { name: string; baseUnit: string; measurements: { statistic: string; value: number }[] };
  t.deepEqual(
    [name, baseUnit, measurements.map(({ statistic }) => statistic)],
    ["http.server.requests", "seconds", ["COUNT", "TOTAL_TIME", "MAX"]],
  );
  t.is(measurements[0]!.value, 2);
});

test("/actuator/prometheus has Micrometer's histogram of a service's own requests, by pattern and outcome, from 0 (T07)", async (t) => {
  const runtime = testRuntime();
  const { send } = testApp({
    routes: withActuator(
      [
        {
          method: "GET",
          path: "/orders/:id",
          handle(context) {
            if (context.req.param("id") === "1") return context.json({});
            if (context.req.param("id") === "2") throw new HttpProblem(503, "away", "Away.");
            throw new Error("broken");
          },
        },
      ],
      [],
      runtime,
    ),
  });
  const counted = async (status: string, outcome: string) =>
    series(
      await (await send("GET", "/actuator/prometheus")).text(),
      `http_server_requests_seconds_count{service="test",method="GET",uri="/orders/{id}",status="${status}",outcome="${outcome}"}`,
    );
  t.deepEqual([await counted("200", "SUCCESS"), await counted("500", "SERVER_ERROR")], ["0", "0"]);
  for (const id of [1, 1, 2, 3]) await send("GET", `/orders/${id}`);
  t.deepEqual(
    [await counted("200", "SUCCESS"), await counted("503", "SERVER_ERROR"), await counted("500", "SERVER_ERROR")],
    ["2", "1", "1"],
  );
  const page = await runtime.metrics.registry.metrics();
  t.true(page.includes('http_server_requests_seconds_bucket{le="0.5",'), page);
  t.false(page.includes('uri="/actuator'));
});

test("a maximum is forgotten after two minutes at the latest, counts never", (t) => {
  let time = 0;
  const timer = createTimer(() => time);
  timer.record(3);
  timer.record(1);
  t.deepEqual(timer.read(), { COUNT: 2, TOTAL_TIME: 4, MAX: 3 });
  time = 119_999;
  timer.record(2);
  t.is(timer.read().MAX, 3);
  time = 120_000;
  t.is(timer.read().MAX, 2);
  time = 600_000;
  t.deepEqual(timer.read(), { COUNT: 3, TOTAL_TIME: 6, MAX: 0 });
});

const connections = {
  PGHOST: "pg",
  PGDATABASE: "ecommerce_db",
  PGUSER: "ecommerce_user",
  PGPASSWORD_FILE: new URL(import.meta.url).pathname,
  REDIS_HOST: "redis",
};

test("each role listens on its runbook's port, knows its version and finds its brokers without being told", (t) => {
  const known = ["order-service", "billing-service", "inventory-service", "bff"].map((ROLE) => {
    const { program, values } = readEnvironment({ ...connections, ROLE }, programs);
    return [program.version, "healthPath" in program && program.healthPath, values.PORT, values["KAFKA_BROKERS"]];
  });
  t.deepEqual(
    known,
    [8081, 8082, 8083, 8084].map((port) => [
      "v1.2.0",
      "/actuator/health",
      port,
      port === 8084 ? undefined : "kafka-kafka:9092",
    ]),
  );
  t.is(readEnvironment({ ...connections, ROLE: "bff", PORT: "9000" }, programs).values.PORT, 9000);
});

test("a failure rate is a number from 0 to 1", (t) => {
  const rate = (value?: string) =>
    readEnvironment(
      { ...connections, ROLE: "billing-service", ...(value !== undefined && { PAYMENT_FAILURE_RATE: value }) },
      programs,
    ).values["PAYMENT_FAILURE_RATE"];
  t.deepEqual([rate(), rate("0.25"), rate("1")], [0, 0.25, 1]);
  for (const value of ["1.1", "-1", "30%", ""])
    t.throws(() => rate(value), { message: /PAYMENT_FAILURE_RATE=.*expected a number from 0 to 1/ }, value);
});

test("bff's circuit breakers are set like the services' own", (t) => {
  const { values } = readEnvironment({ ...connections, ROLE: "bff" }, programs);
  t.deepEqual(
    [
      values["CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD"],
      values["CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE"],
      values["CIRCUIT_BREAKER_WAIT_SECONDS"],
    ],
    [50, 20, 10],
  );
});
