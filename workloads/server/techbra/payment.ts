import type { SagaEvent } from "./events.ts";

/**
 * What billing has done about an order in its latest round. NOT_CHARGED: there was no stock. RETRYING: waits for stock.
 */
export interface Payment {
  readonly status: "COMPLETED" | "FAILED" | "NOT_CHARGED" | "RETRYING";
  readonly round: number;
}

export type PaymentAction = "nothing" | "charge" | "do-not-charge";

/**
 * Billing's answer to an event. It charges when stock is reserved and not before, so there is never anything to give
 * back, and it charges once in a round, whatever comes twice.
 */
export function paymentAction(payment: Payment | undefined, event: SagaEvent): PaymentAction {
  if (event.type !== "StockReserved" && event.type !== "StockRejected") return "nothing";
  const open =
    !payment || event.round > payment.round || (event.round === payment.round && payment.status === "RETRYING");
  if (!open) return "nothing";
  return event.type === "StockReserved" ? "charge" : "do-not-charge";
}

/** Only a payment that failed can be tried again: every other state is on its way or final. */
export const mayRetry = (payment: Payment): boolean => payment.status === "FAILED";
