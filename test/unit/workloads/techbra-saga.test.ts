import { randomUUID } from "node:crypto";
import test from "ava";
import {
  Contradiction,
  type EventType,
  newEvent,
  parseEvent,
  type SagaEvent,
  topicOf,
} from "../../../workloads/server/techbra/events.ts";
import { orderAfter, type OrderState } from "../../../workloads/server/techbra/order-saga.ts";
import { mayRetry, type Payment, paymentAction } from "../../../workloads/server/techbra/payment.ts";
import { type Reservation, stockAction } from "../../../workloads/server/techbra/reservation.ts";

const orderId = randomUUID();
const data = { orderId, customerId: "ana", amountCents: 100, items: [{ sku: "A", quantity: 2 }], reason: "declined" };
const event = (type: EventType, round = 1): SagaEvent => newEvent(type, { ...data, round });

/** Which services act upon an event, as their roles subscribe. */
const recipients: Readonly<Record<EventType, readonly ("order" | "billing" | "inventory")[]>> = {
  OrderCreated: ["inventory"],
  StockReserved: ["billing"],
  StockRejected: ["billing", "order"],
  PaymentRetryRequested: ["order", "inventory"],
  PaymentCompleted: ["order", "inventory"],
  PaymentFailed: ["order", "inventory"],
};

/** Every message that two rounds can bring. What is delivered again is the same event, so each is made once. */
const messages = (Object.keys(recipients) as EventType[]).flatMap((type) =>
  [1, 2].flatMap((round) => {
    const message = event(type, round);
    return recipients[type].map((recipient) => ({ message, recipient }));
  }),
);

interface World {
  readonly order: OrderState;
  readonly payment: Payment | undefined;
  readonly reservation: Reservation | undefined;
  readonly stock: { readonly available: number; readonly reserved: number; readonly sold: number };
  readonly charges: number;
  /** How often each of `messages` was delivered; undefined until it is sent. */
  readonly deliveries: readonly (number | undefined)[];
  readonly duplicatesLeft: number;
}

interface Script {
  /** Whether the charge of each round goes through; there are as many rounds. */
  readonly charges: readonly boolean[];
  /** Whether there is stock in each round. */
  readonly stock: readonly boolean[];
}

const unsent: World["deliveries"] = messages.map(() => undefined);

const emit = (deliveries: World["deliveries"], type: EventType, round: number): World["deliveries"] =>
  deliveries.map((delivered, at) =>
    messages[at]!.message.type === type && messages[at]!.message.round === round ? (delivered ?? 0) : delivered,
  );

/** The same for the same world, in a fraction of the time that its JSON takes. */
const keyOf = ({ order, payment, reservation, stock, charges, deliveries }: World): string =>
  `${order.status} ${order.reason} ${order.round} ${payment?.status} ${payment?.round} ${reservation?.status} ${reservation?.round} ${stock.available} ${stock.reserved} ${stock.sold} ${charges} ${deliveries.join()}`;

function reserve(world: World, round: number, script: Script): World {
  const possible = script.stock[round - 1]!;
  const { available, reserved, sold } = world.stock;
  return {
    ...world,
    reservation: { status: possible ? "RESERVED" : "REJECTED", round },
    stock: possible ? { available: available - 1, reserved: reserved + 1, sold } : world.stock,
    deliveries: emit(world.deliveries, possible ? "StockReserved" : "StockRejected", round),
  };
}

function atInventory(world: World, message: SagaEvent, script: Script): World {
  const action = stockAction(world.reservation, message);
  const { available, reserved, sold } = world.stock;
  if (action === "nothing") return world;
  if (action === "reserve") return reserve(world, message.round, script);
  if (action === "commit")
    return {
      ...world,
      reservation: { status: "COMMITTED", round: message.round },
      stock: { available, reserved: reserved - 1, sold: sold + 1 },
    };
  const released = { ...world, stock: { available: available + 1, reserved: reserved - 1, sold } };
  return action === "release"
    ? { ...released, reservation: { status: "RELEASED", round: message.round } }
    : reserve(released, message.round, script);
}

function atBilling(world: World, message: SagaEvent, script: Script): World {
  const action = paymentAction(world.payment, message);
  const { round } = message;
  if (action === "nothing") return world;
  if (action === "do-not-charge") return { ...world, payment: { status: "NOT_CHARGED", round } };
  const paid = script.charges[round - 1]!;
  return {
    ...world,
    charges: world.charges + (paid ? 1 : 0),
    payment: { status: paid ? "COMPLETED" : "FAILED", round },
    deliveries: emit(world.deliveries, paid ? "PaymentCompleted" : "PaymentFailed", round),
  };
}

/**
 * Every world that one step can lead to: any message delivered, in any order, some of them again, and a retry while one
 * is possible.
 */
function next(world: World, script: Script): World[] {
  const worlds: World[] = [];
  for (const [at, { message, recipient }] of messages.entries()) {
    const delivered = world.deliveries[at];
    if (delivered === undefined || (delivered > 0 && world.duplicatesLeft === 0)) continue;
    const before = {
      ...world,
      deliveries: world.deliveries.with(at, delivered + 1),
      duplicatesLeft: world.duplicatesLeft - (delivered > 0 ? 1 : 0),
    };
    if (recipient === "order") worlds.push({ ...before, order: orderAfter(before.order, message) });
    else
      worlds.push(recipient === "billing" ? atBilling(before, message, script) : atInventory(before, message, script));
  }
  if (world.payment && mayRetry(world.payment) && world.payment.round < script.charges.length) {
    const round = world.payment.round + 1;
    worlds.push({
      ...world,
      payment: { status: "RETRYING", round },
      deliveries: emit(world.deliveries, "PaymentRetryRequested", round),
    });
  }
  return worlds;
}

/** All worlds that can be reached in which every message was delivered and no retry is left. */
function ends(script: Script): { ends: World[]; seen: number } {
  const start: World = {
    order: { status: "PENDING", reason: null, round: 1 },
    payment: undefined,
    reservation: undefined,
    stock: { available: 5, reserved: 0, sold: 0 },
    charges: 0,
    deliveries: emit(unsent, "OrderCreated", 1),
    duplicatesLeft: 3,
  };
  const seen = new Set([keyOf(start)]);
  const todo = [start];
  const found: World[] = [];
  for (let world = todo.pop(); world; world = todo.pop()) {
    const retryLeft =
      world.payment !== undefined && mayRetry(world.payment) && world.payment.round < script.charges.length;
    if (!retryLeft && world.deliveries.every((delivered) => delivered !== 0)) found.push(world);
    for (const reached of next(world, script)) {
      const { available, reserved, sold } = reached.stock;
      if (available + reserved + sold !== 5 || reached.charges > 1)
        throw new Error(`stock or money went wrong: ${JSON.stringify(reached)}`);
      const key = keyOf(reached);
      if (seen.has(key)) continue;
      seen.add(key);
      todo.push(reached);
    }
  }
  return { ends: found, seen: seen.size };
}

const scripts: readonly {
  readonly title: string;
  readonly script: Script;
  readonly order: string;
  readonly payment: string;
  readonly reservation: string;
  readonly sold: number;
  readonly round: number;
}[] = [
  {
    title: "a payment that goes through",
    script: { charges: [true], stock: [true] },
    order: "COMPLETED",
    payment: "COMPLETED",
    reservation: "COMMITTED",
    sold: 1,
    round: 1,
  },
  {
    title: "a payment that fails",
    script: { charges: [false], stock: [true] },
    order: "CANCELLED",
    payment: "FAILED",
    reservation: "RELEASED",
    sold: 0,
    round: 1,
  },
  {
    title: "no stock",
    script: { charges: [true], stock: [false] },
    order: "CANCELLED",
    payment: "NOT_CHARGED",
    reservation: "REJECTED",
    sold: 0,
    round: 1,
  },
  {
    title: "a retry that goes through",
    script: { charges: [false, true], stock: [true, true] },
    order: "COMPLETED",
    payment: "COMPLETED",
    reservation: "COMMITTED",
    sold: 1,
    round: 2,
  },
  {
    title: "a retry that fails",
    script: { charges: [false, false], stock: [true, true] },
    order: "CANCELLED",
    payment: "FAILED",
    reservation: "RELEASED",
    sold: 0,
    round: 2,
  },
  {
    title: "a retry whose stock is gone",
    script: { charges: [false, true], stock: [true, false] },
    order: "CANCELLED",
    payment: "NOT_CHARGED",
    reservation: "REJECTED",
    sold: 0,
    round: 2,
  },
];

for (const { title, script, order, payment, reservation, sold, round } of scripts) {
  test(`${title} ends the same in all three services, whatever the order of messages and whichever come again`, (t) => {
    const { ends: found, seen } = ends(script);
    t.true(found.length > 0 && seen > 10, `${seen} worlds`);
    const outcomes = new Set(
      found.map((world) =>
        JSON.stringify({
          order: [world.order.status, world.order.round],
          payment: world.payment,
          reservation: world.reservation,
          stock: world.stock,
        }),
      ),
    );
    t.deepEqual(
      [...outcomes].map((outcome) => JSON.parse(outcome)),
      [
        {
          order: [order, round],
          payment: { status: payment, round },
          reservation: { status: reservation, round },
          stock: { available: 5 - sold, reserved: 0, sold },
        },
      ],
    );
  });
}

test("an order's state does not depend on the order of its events, nor on how often they come", (t) => {
  const events = [
    event("StockReserved"),
    event("PaymentFailed"),
    event("PaymentRetryRequested", 2),
    event("StockReserved", 2),
    event("PaymentCompleted", 2),
    event("PaymentFailed"),
  ];
  const permutations = (rest: readonly SagaEvent[]): SagaEvent[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((first, at) => permutations(rest.toSpliced(at, 1)).map((others) => [first, ...others]));
  const all = permutations(events);
  t.is(all.length, 720);
  const start: OrderState = { status: "PENDING", reason: null, round: 1 };
  for (const order of all)
    t.deepEqual(order.reduce(orderAfter, start), { status: "COMPLETED", reason: null, round: 2 });
});

test("a cancelled order says why", (t) => {
  const start: OrderState = { status: "PENDING", reason: null, round: 1 };
  t.deepEqual(orderAfter(start, event("PaymentFailed")), {
    status: "CANCELLED",
    reason: "PAYMENT_FAILED: declined",
    round: 1,
  });
  t.deepEqual(orderAfter(start, event("StockRejected")), {
    status: "CANCELLED",
    reason: "STOCK_REJECTED: declined",
    round: 1,
  });
});

test("an outcome of a payment that no reservation can have led to is a contradiction", (t) => {
  for (const type of ["PaymentCompleted", "PaymentFailed", "PaymentRetryRequested"] as const)
    t.throws(() => stockAction(undefined, event(type)), { instanceOf: Contradiction }, type);
  t.throws(() => stockAction({ status: "RELEASED", round: 1 }, event("PaymentCompleted")), {
    message: "PaymentCompleted of round 1, but stock is RELEASED in round 1",
  });
  t.throws(() => stockAction({ status: "COMMITTED", round: 1 }, event("PaymentFailed")), { instanceOf: Contradiction });
  t.throws(() => stockAction({ status: "RESERVED", round: 1 }, event("PaymentFailed", 2)), {
    instanceOf: Contradiction,
  });
  t.throws(() => stockAction({ status: "RESERVED", round: 2 }, event("PaymentCompleted", 1)), {
    instanceOf: Contradiction,
  });
  t.throws(() => stockAction({ status: "COMMITTED", round: 1 }, event("PaymentRetryRequested", 2)), {
    instanceOf: Contradiction,
  });
});

test("only a failed payment may be tried again", (t) => {
  t.deepEqual(
    (["COMPLETED", "FAILED", "NOT_CHARGED", "RETRYING"] as const).map((status) => mayRetry({ status, round: 1 })),
    [false, true, false, false],
  );
});

test("what an event is written as can be read again", (t) => {
  for (const type of Object.keys(recipients) as EventType[]) {
    const written = event(type);
    const { value } = parseEvent(Buffer.from(JSON.stringify(written)));
    t.is(value?.id, written.id, type);
    t.is(value?.type, type);
  }
});

test("events of orders and stock go to one topic, those of payments to the other", (t) => {
  t.deepEqual(
    (Object.keys(recipients) as EventType[]).filter((type) => topicOf({ type }) === "order.events"),
    ["OrderCreated", "StockReserved", "StockRejected"],
  );
  t.is(topicOf({ type: "PaymentFailed" }), "billing.events");
});

test("what is no event is refused with the place and the reason", (t) => {
  const faultsOf = (value: Buffer | undefined) => parseEvent(value).faults?.map(({ path }) => path);
  t.deepEqual(faultsOf(undefined), ["body"]);
  t.deepEqual(faultsOf(Buffer.from("{half")), ["body"]);
  t.deepEqual(faultsOf(Buffer.from('{"type":"Nonsense"}')), ["type"]);
  t.deepEqual(faultsOf(Buffer.from(JSON.stringify({ ...event("PaymentFailed"), round: 0, orderId: "x" }))), [
    "orderId",
    "round",
  ]);
});
