import type { Query } from "../data/postgres.ts";
import type { Runtime } from "../role.ts";
import { type EventOf, type Item, newEvent, type SagaEvent } from "./events.ts";
import type { Apply } from "./inbox.ts";
import { type Reservation, stockAction } from "./reservation.ts";

/** What inventory's readiness asks for. */
export const inventoryTables = [
  "inventory.stock",
  "inventory.ledger",
  "inventory.reservations",
  "inventory.reservation_items",
  "inventory.outbox",
  "inventory.processed_messages",
];

/** How a movement changes the two counters of a product's stock, for each piece. */
const movements = {
  RESERVE: { available: -1, reserved: 1 },
  RELEASE: { available: 1, reserved: -1 },
  COMMIT: { available: 0, reserved: -1 },
} as const;

interface Held extends Reservation {
  readonly amount_cents: number;
}

/**
 * Inventory's part of the saga: reserves all of an order's stock or none of it, and gives it back when the payment
 * fails.
 */
export const inventoryApply =
  ({ log }: Pick<Runtime, "log">): Apply =>
  async (query, event) => {
    const isNew = event.type === "OrderCreated" && (await remember(query, event));
    const [held] = await query<Held>({
      text: "SELECT status, round, amount_cents FROM inventory.reservations WHERE order_id = $1 FOR UPDATE",
      values: [event.orderId],
    });
    const action = stockAction(isNew ? undefined : held, event);
    // Without a row the only actions are nothing and a contradiction.
    if (action === "nothing" || !held) return undefined;
    const items = await query<Item>({
      text: "SELECT sku, quantity FROM inventory.reservation_items WHERE order_id = $1 ORDER BY sku",
      values: [event.orderId],
    });
    const stock = await lockStock(query, items);
    if (action === "commit") {
      await move(query, "COMMIT", event, items);
      await settle(query, event, "COMMITTED");
      return undefined;
    }
    if (action === "reserve") return reserve(query, { ...event, amountCents: held.amount_cents }, items, stock);
    await move(query, "RELEASE", { ...event, round: held.round }, items);
    log.info({ orderId: event.orderId, round: held.round }, "compensation: stock released");
    if (action === "release-and-reserve")
      return reserve(query, { ...event, amountCents: held.amount_cents }, items, await lockStock(query, items));
    await settle(query, event, "RELEASED");
    return undefined;
  };

/** Makes the row that later events of the order lock; what stands in it is overwritten in the same transaction. */
async function remember(
  query: Query,
  { orderId, round, amountCents, items }: EventOf<"OrderCreated">,
): Promise<boolean> {
  const fresh = await query({
    text: "INSERT INTO inventory.reservations (order_id, round, status, amount_cents) VALUES ($1, $2, 'REJECTED', $3) ON CONFLICT DO NOTHING RETURNING order_id",
    values: [orderId, round, amountCents],
  });
  if (fresh.length === 0) return false;
  await query({
    text: "INSERT INTO inventory.reservation_items (order_id, sku, quantity) SELECT $1::uuid, sku, quantity FROM unnest($2::text[], $3::int[]) AS items (sku, quantity)",
    values: [orderId, ...columns(items)],
  });
  return true;
}

type Place = Pick<SagaEvent, "orderId" | "round">;

async function reserve(
  query: Query,
  place: Place & { readonly amountCents: number },
  items: readonly Item[],
  stock: ReadonlyMap<string, number>,
): Promise<SagaEvent> {
  const { orderId, round, amountCents } = place;
  const missing = items.filter(({ sku, quantity }) => (stock.get(sku) ?? 0) < quantity).map(({ sku }) => sku);
  if (missing.length > 0) {
    await settle(query, place, "REJECTED");
    return newEvent("StockRejected", { orderId, round, amountCents, reason: `not enough of ${missing.join(", ")}` });
  }
  await move(query, "RESERVE", place, items);
  await settle(query, place, "RESERVED");
  return newEvent("StockReserved", { orderId, round, amountCents });
}

/** What is available of each product. Locked in one order everywhere, so that two orders never wait for each other. */
async function lockStock(query: Query, items: readonly Item[]): Promise<Map<string, number>> {
  const rows = await query<{ sku: string; available: number }>({
    text: "SELECT sku, available FROM inventory.stock WHERE sku = ANY($1::text[]) ORDER BY sku FOR UPDATE",
    values: [items.map(({ sku }) => sku)],
  });
  return new Map(rows.map(({ sku, available }) => [sku, available]));
}

/** Moves locked stock and writes the movement down: the counters are always the sum of the ledger. */
async function move(
  query: Query,
  kind: keyof typeof movements,
  { orderId, round }: Place,
  items: readonly Item[],
): Promise<void> {
  const { available, reserved } = movements[kind];
  await query({
    text: `WITH moved AS (
        UPDATE inventory.stock SET available = stock.available + $3::int * items.quantity, reserved = stock.reserved + $4::int * items.quantity
        FROM unnest($1::text[], $2::int[]) AS items (sku, quantity) WHERE stock.sku = items.sku RETURNING stock.sku, items.quantity)
      INSERT INTO inventory.ledger (sku, order_id, round, kind, available_change, reserved_change)
      SELECT sku, $5::uuid, $6::int, $7::text, $3::int * quantity, $4::int * quantity FROM moved`,
    values: [...columns(items), available, reserved, orderId, round, kind],
  });
}

async function settle(query: Query, { orderId, round }: Place, status: Reservation["status"]): Promise<void> {
  await query({
    text: "UPDATE inventory.reservations SET status = $2, round = $3, updated_at = now() WHERE order_id = $1",
    values: [orderId, status, round],
  });
}

const columns = (items: readonly Item[]): [string[], number[]] => [
  items.map(({ sku }) => sku),
  items.map(({ quantity }) => quantity),
];
