import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Database, Query, Sql } from "../data/postgres.ts";
import { cents, Contradiction, item, newEvent } from "./events.ts";
import type { Apply } from "./inbox.ts";
import { orderAfter, type OrderState, type OrderStatus, orderStatuses } from "./order-saga.ts";
import { enqueue } from "./outbox.ts";

/** What the order service's readiness asks for. */
export const orderTables = [
  "orders.orders",
  "orders.order_items",
  "orders.prices",
  "orders.outbox",
  "orders.processed_messages",
];

/** A request for an order. Without an amount the order costs what its products cost. */
export const orderRequest = z.object(
  {
    customerId: z
      .string({ error: "expected the customer's id" })
      .regex(/^\S{1,64}$/, { error: "expected 1 to 64 characters without blanks" }),
    items: z
      .array(item, { error: "expected a list of products" })
      .min(1, { error: "expected at least one product" })
      .max(50, { error: "expected at most 50 products" })
      .refine((items) => new Set(items.map(({ sku }) => sku)).size === items.length, {
        error: "expected each product once",
      }),
    amountCents: cents.optional(),
  },
  { error: "expected an object" },
);

export type OrderRequest = z.output<typeof orderRequest>;

/** An order as the API shows it. */
export interface Order extends OrderState {
  readonly id: string;
  readonly customerId: string;
  readonly amountCents: number;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

const shown = `id, customer_id AS "customerId", amount_cents AS "amountCents", status, reason, round, created_at AS "createdAt", updated_at AS "updatedAt",
  (SELECT json_agg(json_build_object('sku', sku, 'quantity', quantity) ORDER BY sku) FROM orders.order_items WHERE order_id = id) AS items`;

export const orderById = (id: string): Sql => ({
  text: `SELECT ${shown} FROM orders.orders WHERE id = $1`,
  values: [id],
});

/** The newest orders, of one status if it is given. */
export const newestOrders = (status: OrderStatus | undefined, limit: number): Sql => ({
  text: `SELECT ${shown} FROM orders.orders WHERE $1::text IS NULL OR status = $1 ORDER BY created_at DESC, id LIMIT $2`,
  values: [status ?? null, limit],
});

/** How many orders stand where in the saga, and how long the oldest undecided one has been waiting. */
export async function sagaSummary({ query }: Pick<Database, "query">) {
  const rows = await query<{ status: OrderStatus; orders: number }>({
    text: "SELECT status, count(*)::int AS orders FROM orders.orders GROUP BY status",
    values: [],
  });
  const [oldest] = await query<{ seconds: number | null }>({
    text: "SELECT extract(epoch FROM now() - min(updated_at))::float8 AS seconds FROM orders.orders WHERE status = 'PENDING'",
    values: [],
  });
  const states = Object.fromEntries(
    orderStatuses.map((status) => [status, rows.find((row) => row.status === status)?.orders ?? 0]),
  ) as Record<OrderStatus, number>;
  return {
    total: Object.values(states).reduce((sum, orders) => sum + orders, 0),
    states,
    oldestPendingSeconds: oldest?.seconds ?? 0,
  };
}

/**
 * Writes an order and the event that starts its saga. Resolves to its id, or to why the products' prices make no
 * amount.
 */
export const placeOrder = (
  database: Pick<Database, "transaction">,
  { customerId, items, amountCents }: OrderRequest,
): Promise<{ id: string } | { fault: string }> =>
  database.transaction(async (query) => {
    const price = amountCents === undefined ? await priceOf(query, items) : { total: amountCents };
    if ("fault" in price) return price;
    const id = randomUUID();
    const event = newEvent("OrderCreated", { orderId: id, round: 1, customerId, amountCents: price.total, items });
    await query({
      text: "INSERT INTO orders.orders (id, customer_id, amount_cents) VALUES ($1, $2, $3)",
      values: [id, customerId, price.total],
    });
    await query({
      text: "INSERT INTO orders.order_items (order_id, sku, quantity) SELECT $1::uuid, sku, quantity FROM unnest($2::text[], $3::int[]) AS items (sku, quantity)",
      values: [id, items.map(({ sku }) => sku), items.map(({ quantity }) => quantity)],
    });
    await query(enqueue("orders", event));
    return { id };
  });

async function priceOf(query: Query, items: OrderRequest["items"]): Promise<{ total: number } | { fault: string }> {
  const rows = await query<{ sku: string; price_cents: number }>({
    text: "SELECT sku, price_cents FROM orders.prices WHERE sku = ANY($1::text[])",
    values: [items.map(({ sku }) => sku)],
  });
  const prices = new Map(rows.map(({ sku, price_cents }) => [sku, price_cents]));
  const unpriced = items.filter(({ sku }) => !prices.has(sku)).map(({ sku }) => sku);
  if (unpriced.length > 0)
    return { fault: `expected an amount, because these products have no price: ${unpriced.join(", ")}` };
  const total = items.reduce((sum, { sku, quantity }) => sum + prices.get(sku)! * quantity, 0);
  return cents.safeParse(total).success ? { total } : { fault: `expected fewer products: these cost ${total} cents` };
}

/** The order service's part of the saga: follows what inventory and billing decide. */
export const orderApply: Apply = async (query, event) => {
  const [state] = await query<OrderState>({
    text: "SELECT status, reason, round FROM orders.orders WHERE id = $1 FOR UPDATE",
    values: [event.orderId],
  });
  if (!state) throw new Contradiction(`${event.type} for an order that does not exist`);
  const next = orderAfter(state, event);
  if (next === state) return undefined;
  await query({
    text: "UPDATE orders.orders SET status = $2, reason = $3, round = $4, updated_at = now() WHERE id = $1",
    values: [event.orderId, next.status, next.reason, next.round],
  });
  return undefined;
};
