import { Gauge } from "prom-client";
import * as z from "zod";
import type { Database } from "../data/postgres.ts";
import { parseJson, readText } from "../http/body.ts";
import { HttpProblem, invalidRequest } from "../http/problem.ts";
import type { Route, Runtime } from "../role.ts";
import { orderStatuses } from "./order-saga.ts";
import { newestOrders, type Order, orderById, orderRequest, placeOrder, sagaSummary } from "./orders.ts";

/** The most orders that one answer lists. */
const listLimit = 100;

const unknownOrder = () => new HttpProblem(404, "unknown_order", "There is no order of this id.");

/** An order's id out of a path. Text that is no id names no order. */
export function orderIdOf(text: string | undefined): string {
  const { data: id } = z.uuid().safeParse(text);
  if (!id) throw unknownOrder();
  return id;
}

/** The HTTP interface of order-service. */
export const orderRoutes = (database: Database, committed: () => void): Route[] => [
  {
    method: "POST",
    path: "/api/orders",
    async handle(context) {
      const { value: request, faults } = parseJson(await readText(context.req.raw), orderRequest);
      if (!request) throw invalidRequest(faults);
      const placed = await placeOrder(database, request);
      if ("fault" in placed) throw invalidRequest([{ path: "amountCents", message: placed.fault }]);
      committed();
      const [order] = await database.query<Order>(orderById(placed.id));
      return context.json(order, 201, { Location: `/api/orders/${placed.id}` });
    },
  },
  {
    method: "GET",
    path: "/api/orders",
    async handle(context) {
      const asked = context.req.query("status");
      const status = orderStatuses.find((known) => known === asked);
      if (asked !== undefined && !status)
        throw invalidRequest([{ path: "status", message: `expected one of ${orderStatuses.join(", ")}` }]);
      const orders = await database.query<Order>(newestOrders(status, listLimit));
      return context.json({ count: orders.length, limit: listLimit, orders });
    },
  },
  {
    method: "GET",
    path: "/api/orders/:id",
    async handle(context) {
      const [order] = await database.query<Order>(orderById(orderIdOf(context.req.param("id"))));
      if (!order) throw unknownOrder();
      return context.json(order);
    },
  },
  { method: "GET", path: "/api/saga/summary", handle: async (context) => context.json(await sagaSummary(database)) },
];

/** `saga_orders` by state, read when it is asked for. */
export function watchSaga(database: Database, { metrics }: Pick<Runtime, "metrics">): void {
  new Gauge({
    name: "saga_orders",
    help: "Orders by the state of their saga",
    labelNames: ["state"],
    registers: [metrics.registry],
    async collect() {
      const summary = await sagaSummary(database).catch(() => undefined);
      for (const [state, orders] of Object.entries(summary?.states ?? {})) this.set({ state }, orders);
    },
  });
}
