import type { Database } from "../data/postgres.ts";
import { HttpProblem, invalidRequest } from "../http/problem.ts";
import type { Route } from "../role.ts";
import { newEvent } from "./events.ts";
import { orderIdOf } from "./order-routes.ts";
import { enqueue } from "./outbox.ts";
import { mayRetry, type Payment } from "./payment.ts";

/** Names one wish to retry: sent twice, it is still one. */
const keyHeader = "Idempotency-Key";

/** The answer to an accepted retry, and to every repetition of it. */
export interface RetryAnswer {
  readonly orderId: string;
  readonly round: number;
  readonly status: "RETRYING";
}

type RetryOutcome = { readonly answer: RetryAnswer } | { readonly refused: Payment["status"] } | undefined;

/**
 * Tries a failed payment again. By then the order's stock has been given back, so the retry begins a new round of the
 * saga: inventory reserves again, and billing charges only if it could. Resolves to nothing for an order without a
 * payment.
 */
export const retryPayment = (
  database: Pick<Database, "transaction">,
  orderId: string,
  key: string,
): Promise<RetryOutcome> =>
  database.transaction(async (query): Promise<RetryOutcome> => {
    // The lock comes before the look for the key: of two requests at once, the second finds what the first has done.
    const [payment] = await query<Payment>({
      text: "SELECT status, round FROM billing.payments WHERE order_id = $1 FOR UPDATE",
      values: [orderId],
    });
    if (!payment) return undefined;
    const [repeated] = await query<{ answer: RetryAnswer }>({
      text: "SELECT answer FROM billing.payment_retries WHERE order_id = $1 AND idempotency_key = $2",
      values: [orderId, key],
    });
    if (repeated) return repeated;
    if (!mayRetry(payment)) return { refused: payment.status };
    const answer: RetryAnswer = { orderId, round: payment.round + 1, status: "RETRYING" };
    await query({
      text: "UPDATE billing.payments SET status = $2, round = $3, reason = NULL, updated_at = now() WHERE order_id = $1",
      values: [orderId, answer.status, answer.round],
    });
    await query({
      text: "INSERT INTO billing.payment_retries (order_id, idempotency_key, answer) VALUES ($1, $2, $3)",
      values: [orderId, key, JSON.stringify(answer)],
    });
    await query(enqueue("billing", newEvent("PaymentRetryRequested", { orderId, round: answer.round })));
    return { answer };
  });

const noPayment = () => new HttpProblem(404, "unknown_payment", "Nothing was decided about a payment of this order.");

/** The HTTP interface of billing-service. */
export const paymentRoutes = (database: Database, committed: () => void): Route[] => [
  {
    method: "GET",
    path: "/api/payments/:orderId",
    async handle(context) {
      const [payment] = await database.query({
        text: `SELECT order_id AS "orderId", amount_cents AS "amountCents", status, reason, round, updated_at AS "updatedAt",
          (SELECT coalesce(json_agg(json_build_object('round', round, 'outcome', outcome, 'at', created_at) ORDER BY round), '[]')
            FROM billing.payment_attempts WHERE payment_attempts.order_id = payments.order_id) AS attempts
          FROM billing.payments WHERE order_id = $1`,
        values: [orderIdOf(context.req.param("orderId"))],
      });
      if (!payment) throw noPayment();
      return context.json(payment);
    },
  },
  {
    method: "POST",
    path: "/api/payments/:orderId/retry",
    async handle(context) {
      const orderId = orderIdOf(context.req.param("orderId"));
      const key = context.req.header(keyHeader) ?? "";
      if (!/^[\x21-\x7e]{1,128}$/.test(key))
        throw invalidRequest([
          { path: keyHeader, message: "expected 1 to 128 visible ASCII characters that name this retry" },
        ]);
      const outcome = await retryPayment(database, orderId, key);
      if (!outcome) throw noPayment();
      if ("refused" in outcome) {
        const message = `Only a failed payment can be tried again, and this one is ${outcome.refused}.`;
        return context.json(
          { error: "payment_not_failed", message, status: outcome.refused, request_id: context.get("requestId") },
          409,
        );
      }
      committed();
      return context.json(outcome.answer, 202);
    },
  },
];
