import type { Redis } from "ioredis";
import { HttpProblem } from "../http/problem.ts";
import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";
import type { Answer, Downstream } from "./downstream.ts";

/** Seconds that the last complete overview of an order is kept for when a downstream is away. */
const keepLastSeconds = 3_600;

/** An order with its payment. Degraded: something is missing, or is of an earlier time. */
export interface Overview {
  readonly order: unknown;
  /** Null while nothing is decided about a payment. */
  readonly payment: unknown;
  readonly degraded: boolean;
  /** What could not be asked. */
  readonly missing: readonly string[];
  /** Whether this is the last complete overview and not the present one. */
  readonly stale: boolean;
}

export interface OverviewParts {
  readonly orders: Downstream;
  readonly payments: Downstream;
  readonly redis: Pick<Redis, "get" | "set">;
}

/**
 * Joins an order with its payment. When one of the two cannot be asked, the last complete overview stands in, or else
 * the half that is there. Throws a 404 for an unknown order, and a 503 when there is nothing to show.
 */
export async function overviewOf(
  id: string,
  { orders, payments, redis }: OverviewParts,
  { log }: Pick<Runtime, "log">,
): Promise<Overview> {
  const [order, payment] = await Promise.allSettled([
    orders.get(`/api/orders/${id}`),
    payments.get(`/api/payments/${id}`),
  ]);
  if (order.status === "fulfilled" && order.value.status === 404)
    throw new HttpProblem(404, "unknown_order", "There is no order of this id.");
  const missing = [
    ...(order.status === "rejected" ? ["order-service"] : []),
    ...(payment.status === "rejected" ? ["billing-service"] : []),
  ];
  const present = { order: found(order), payment: found(payment), degraded: missing.length > 0, missing, stale: false };
  const key = `techbra:last-overview:${id}`;
  if (!present.degraded) {
    await redis.set(key, JSON.stringify(present), "EX", keepLastSeconds).catch(() => {});
    return present;
  }
  log.warn(
    {
      orderId: id,
      reasons: [order, payment]
        .filter(({ status }) => status === "rejected")
        .map((result) => reasonOf((result as PromiseRejectedResult).reason)),
    },
    "fallback: circuit open or downstream away",
  );
  const last = await redis.get(key).catch(() => null);
  if (last !== null) return { ...(JSON.parse(last) as Overview), degraded: true, missing, stale: true };
  if (missing.length === 2)
    throw new HttpProblem(503, "downstream_unavailable", "Neither the order nor its payment can be asked for now.", {
      headers: { "retry-after": "5" },
    });
  return present;
}

const found = (result: PromiseSettledResult<Answer>): unknown =>
  result.status === "fulfilled" && result.value.status === 200 ? result.value.body : null;
