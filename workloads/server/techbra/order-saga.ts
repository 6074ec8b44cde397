import type { SagaEvent } from "./events.ts";

/** What the saga has come to for an order. */
export type OrderStatus = "PENDING" | "COMPLETED" | "CANCELLED";

export const orderStatuses: readonly OrderStatus[] = ["PENDING", "COMPLETED", "CANCELLED"];

export interface OrderState {
  readonly status: OrderStatus;
  /** Why it was cancelled. */
  readonly reason: string | null;
  readonly round: number;
}

/**
 * An order's state after an event. A later round replaces an earlier one, and within a round its only outcome replaces
 * PENDING, so the order in which events arrive, and how often, makes no difference to where they lead.
 */
export function orderAfter(state: OrderState, event: SagaEvent): OrderState {
  const decided = event.round < state.round || (event.round === state.round && state.status !== "PENDING");
  return decided ? state : { ...outcomeOf(event), round: event.round };
}

function outcomeOf(event: SagaEvent): Omit<OrderState, "round"> {
  switch (event.type) {
    case "PaymentCompleted":
      return { status: "COMPLETED", reason: null };
    case "PaymentFailed":
      return { status: "CANCELLED", reason: `PAYMENT_FAILED: ${event.reason}` };
    case "StockRejected":
      return { status: "CANCELLED", reason: `STOCK_REJECTED: ${event.reason}` };
    default:
      return { status: "PENDING", reason: null };
  }
}
