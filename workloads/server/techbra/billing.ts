import type { Query } from "../data/postgres.ts";
import type { Runtime } from "../role.ts";
import { type EventOf, newEvent } from "./events.ts";
import type { Apply } from "./inbox.ts";
import { type Payment, type PaymentAction, paymentAction } from "./payment.ts";

/** What billing's readiness asks for. */
export const billingTables = [
  "billing.payments",
  "billing.payment_attempts",
  "billing.payment_retries",
  "billing.outbox",
  "billing.processed_messages",
];

/** Whether the next charge goes through. */
export type Charge = () => boolean;

/** Charges fail by chance, at a rate from 0 to 1. */
export const chargeByChance =
  (failureRate: number, random = Math.random): Charge =>
  () =>
    random() >= failureRate;

/** Billing's part of the saga: charges an order once its stock is reserved. */
export const billingApply =
  ({ log }: Pick<Runtime, "log">, charge: Charge): Apply =>
  async (query, event) => {
    if (event.type !== "StockReserved" && event.type !== "StockRejected") return undefined;
    const [payment] = await query<Payment>({
      text: "SELECT status, round FROM billing.payments WHERE order_id = $1 FOR UPDATE",
      values: [event.orderId],
    });
    const action = paymentAction(payment, event);
    if (action === "nothing") return undefined;
    const { status, reason, answer } = settle(action, event, charge);
    await record(query, event, status, reason);
    log[status === "FAILED" ? "warn" : "info"](
      { orderId: event.orderId, round: event.round, amountCents: event.amountCents, reason },
      `payment ${status.toLowerCase()}`,
    );
    return answer;
  };

type Trigger = EventOf<"StockReserved"> | EventOf<"StockRejected">;

function settle(action: Exclude<PaymentAction, "nothing">, event: Trigger, charge: Charge) {
  const { orderId, round, amountCents } = event;
  if (action === "do-not-charge") return { status: "NOT_CHARGED", reason: "no stock", answer: undefined } as const;
  if (charge())
    return {
      status: "COMPLETED",
      reason: null,
      answer: newEvent("PaymentCompleted", { orderId, round, amountCents }),
    } as const;
  const reason = "the charge was declined";
  return { status: "FAILED", reason, answer: newEvent("PaymentFailed", { orderId, round, reason }) } as const;
}

/** The attempt's key makes a second charge in a round impossible, not only unlikely. */
async function record(
  query: Query,
  { orderId, round, amountCents }: Trigger,
  status: Payment["status"],
  reason: string | null,
): Promise<void> {
  await query({
    text: `INSERT INTO billing.payments (order_id, amount_cents, status, reason, round) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, round = excluded.round, updated_at = now()`,
    values: [orderId, amountCents, status, reason, round],
  });
  await query({
    text: "INSERT INTO billing.payment_attempts (order_id, round, amount_cents, outcome) VALUES ($1, $2, $3, $4)",
    values: [orderId, round, amountCents, status],
  });
}
