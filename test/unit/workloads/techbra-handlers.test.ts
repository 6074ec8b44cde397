import { randomUUID } from "node:crypto";
import test from "ava";
import { billingApply, chargeByChance } from "../../../workloads/server/techbra/billing.ts";
import { Contradiction, type EventType, newEvent, type SagaEvent } from "../../../workloads/server/techbra/events.ts";
import { inventoryApply } from "../../../workloads/server/techbra/inventory.ts";
import { orderApply } from "../../../workloads/server/techbra/orders.ts";
import { scriptedDatabase } from "./support/scripted-database.ts";
import { testRuntime } from "./support/server.ts";

const orderId = randomUUID();
const items = [
  { sku: "A", quantity: 2 },
  { sku: "B", quantity: 1 },
];
const data = { orderId, customerId: "ana", amountCents: 500, items, reason: "declined" };
const event = (type: EventType, round = 1): SagaEvent => newEvent(type, { ...data, round });
const changes = (statements: readonly { readonly text: string; readonly values: readonly unknown[] }[]) =>
  statements.filter(({ text }) => !text.startsWith("SELECT"));

/** Inventory with the given stock, and with what it holds for the order already. */
function inventory(stock: Record<string, number>, held?: { status: string; round: number }) {
  let reservation: object | undefined = held && { ...held, amount_cents: 500 };
  const runtime = testRuntime();
  const scripted = scriptedDatabase((text, values) => {
    if (text.startsWith("INSERT INTO inventory.reservations ")) {
      if (reservation) return [];
      reservation = { status: "REJECTED", round: 1, amount_cents: values[2] };
      return [{ order_id: orderId }];
    }
    if (text.includes("FROM inventory.reservations ")) return reservation ? [reservation] : [];
    if (text.includes("FROM inventory.reservation_items")) return items;
    if (text.startsWith("SELECT sku, available"))
      return Object.entries(stock).map(([sku, available]) => ({ sku, available }));
    return [];
  });
  const apply = (message: SagaEvent) => inventoryApply(runtime)(scripted.database.query, message);
  const movements = () =>
    changes(scripted.statements)
      .filter(({ text }) => text.includes("inventory.ledger"))
      .map(({ values }) => [values[6], values[5], values[2], values[3]]);
  const settled = () =>
    changes(scripted.statements)
      .filter(({ text }) => text.startsWith("UPDATE inventory.reservations"))
      .map(({ values }) => values.slice(1));
  return { apply, movements, settled, runtime, ...scripted };
}

test("stock that is there is reserved, written down and announced", async (t) => {
  const { apply, movements, settled, statements } = inventory({ A: 2, B: 1 });
  t.like(await apply(event("OrderCreated")), { type: "StockReserved", orderId, round: 1, amountCents: 500 });
  t.deepEqual(movements(), [["RESERVE", 1, -1, 1]]);
  t.deepEqual(settled(), [["RESERVED", 1]]);
  t.deepEqual(statements.find(({ text }) => text.includes("inventory.ledger"))!.values.slice(0, 2), [
    ["A", "B"],
    [2, 1],
  ]);
});

test("when one product is short or unknown, nothing of the order is reserved", async (t) => {
  for (const [stock, missing] of [
    [{ A: 2, B: 0 }, "B"],
    [{ A: 1, B: 0 }, "A, B"],
    [{ A: 9 }, "B"],
  ] as const) {
    const { apply, movements, settled } = inventory(stock);
    t.like(await apply(event("OrderCreated")), {
      type: "StockRejected",
      orderId,
      round: 1,
      amountCents: 500,
      reason: `not enough of ${missing}`,
    });
    t.deepEqual([movements(), settled()], [[], [["REJECTED", 1]]]);
  }
});

test("an order that inventory knows is not reserved again, whatever became of it", async (t) => {
  for (const status of ["RESERVED", "REJECTED", "RELEASED", "COMMITTED"]) {
    const { apply, movements, settled } = inventory({ A: 9, B: 9 }, { status, round: 1 });
    t.is(await apply(event("OrderCreated")), undefined);
    t.deepEqual([movements(), settled()], [[], []]);
  }
});

test("a failed payment gives the stock back and logs the compensation", async (t) => {
  const { apply, movements, settled, runtime } = inventory({ A: 0, B: 0 }, { status: "RESERVED", round: 1 });
  t.is(await apply(event("PaymentFailed")), undefined);
  t.deepEqual([movements(), settled()], [[["RELEASE", 1, 1, -1]], [["RELEASED", 1]]]);
  t.true(runtime.lines.some(({ msg }) => msg === "compensation: stock released"));
});

test("a completed payment takes the reserved stock out", async (t) => {
  const { apply, movements, settled } = inventory({ A: 0, B: 0 }, { status: "RESERVED", round: 2 });
  t.is(await apply(event("PaymentCompleted", 2)), undefined);
  t.deepEqual([movements(), settled()], [[["COMMIT", 2, 0, -1]], [["COMMITTED", 2]]]);
});

test("a retry reserves again, and first gives back what a failure not heard of yet would have", async (t) => {
  const released = inventory({ A: 2, B: 1 }, { status: "RELEASED", round: 1 });
  t.like(await released.apply(event("PaymentRetryRequested", 2)), {
    type: "StockReserved",
    round: 2,
    amountCents: 500,
  });
  t.deepEqual([released.movements(), released.settled()], [[["RESERVE", 2, -1, 1]], [["RESERVED", 2]]]);
  const overtaken = inventory({ A: 2, B: 1 }, { status: "RESERVED", round: 1 });
  t.like(await overtaken.apply(event("PaymentRetryRequested", 2)), { type: "StockReserved", round: 2 });
  t.deepEqual(overtaken.movements(), [
    ["RELEASE", 1, 1, -1],
    ["RESERVE", 2, -1, 1],
  ]);
});

test("a contradiction changes nothing", async (t) => {
  const { apply, statements } = inventory({}, { status: "RELEASED", round: 1 });
  await t.throwsAsync(apply(event("PaymentCompleted")), { instanceOf: Contradiction });
  t.deepEqual(changes(statements), []);
});

/** Billing with a payment it knows already, and charges that go as told. */
function billing(known: { status: string; round: number } | undefined, paid: boolean) {
  const scripted = scriptedDatabase((text) => (text.startsWith("SELECT") && known ? [known] : []));
  let charges = 0;
  const apply = (message: SagaEvent) =>
    billingApply(testRuntime(), () => ((charges += 1), paid))(scripted.database.query, message);
  return { apply, charges: () => charges, ...scripted };
}

test("an order with stock is charged, and the outcome is written with its attempt and announced", async (t) => {
  for (const [paid, status, type] of [
    [true, "COMPLETED", "PaymentCompleted"],
    [false, "FAILED", "PaymentFailed"],
  ] as const) {
    const { apply, statements } = billing(undefined, paid);
    t.like(await apply(event("StockReserved")), { type, orderId, round: 1 });
    const [payment, attempt] = changes(statements);
    t.deepEqual(payment!.values, [orderId, 500, status, paid ? null : "the charge was declined", 1]);
    t.deepEqual(attempt!.values, [orderId, 1, 500, status]);
  }
});

test("an order without stock is never charged", async (t) => {
  const { apply, charges, statements } = billing(undefined, true);
  t.is(await apply(event("StockRejected")), undefined);
  t.is(charges(), 0);
  t.deepEqual(
    changes(statements).map(({ values }) => values.includes("NOT_CHARGED")),
    [true, true],
  );
});

test("a round that is decided is not charged again, and an earlier one never", async (t) => {
  for (const known of [
    { status: "COMPLETED", round: 1 },
    { status: "FAILED", round: 1 },
    { status: "NOT_CHARGED", round: 1 },
    { status: "RETRYING", round: 2 },
  ]) {
    const { apply, charges, statements } = billing(known, true);
    t.is(await apply(event("StockReserved")), undefined, JSON.stringify(known));
    t.is(charges(), 0);
    t.deepEqual(changes(statements), []);
  }
});

test("a retry is charged when its stock is reserved", async (t) => {
  const { apply } = billing({ status: "RETRYING", round: 2 }, true);
  t.like(await apply(event("StockReserved", 2)), { type: "PaymentCompleted", round: 2 });
});

test("charges fail at the rate that is set", (t) => {
  const at = (rate: number, random: number) => chargeByChance(rate, () => random)();
  t.deepEqual([at(0, 0), at(0.3, 0.29), at(0.3, 0.3), at(1, 0.999)], [true, false, true, false]);
});

test("an order follows its saga and is left alone by what it knows already", async (t) => {
  const order = (status: string, round = 1) =>
    scriptedDatabase((text) => (text.startsWith("SELECT") ? [{ status, reason: null, round }] : []));
  const pending = order("PENDING");
  await orderApply(pending.database.query, event("PaymentFailed"));
  t.deepEqual(
    changes(pending.statements).map(({ values }) => values),
    [[orderId, "CANCELLED", "PAYMENT_FAILED: declined", 1]],
  );
  const completed = order("COMPLETED");
  await orderApply(completed.database.query, event("PaymentFailed"));
  t.deepEqual(changes(completed.statements), []);
});

test("an event of an order that does not exist is a contradiction", async (t) => {
  const { database } = scriptedDatabase(() => []);
  await t.throwsAsync(orderApply(database.query, event("PaymentCompleted")), {
    instanceOf: Contradiction,
    message: "PaymentCompleted for an order that does not exist",
  });
});
