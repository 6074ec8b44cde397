import { Contradiction, type SagaEvent } from "./events.ts";

/** What inventory holds for an order in its latest round. */
export interface Reservation {
  readonly status: "RESERVED" | "REJECTED" | "RELEASED" | "COMMITTED";
  readonly round: number;
}

/** What to do about an event. */
export type StockAction = "nothing" | "reserve" | "release" | "commit" | "release-and-reserve";

/**
 * Inventory's answer to an event. Outcomes of a payment follow a reservation that inventory itself announced, so an
 * outcome of a round that was never reserved is a contradiction and not a matter of order. Throws a Contradiction then.
 */
export function stockAction(reservation: Reservation | undefined, event: SagaEvent): StockAction {
  switch (event.type) {
    case "OrderCreated":
      return reservation ? "nothing" : "reserve";
    case "PaymentRetryRequested":
      return afterRetry(known(reservation, event), event);
    case "PaymentFailed":
      return afterOutcome(known(reservation, event), event, { action: "release", settled: "RELEASED" });
    case "PaymentCompleted":
      return afterOutcome(known(reservation, event), event, { action: "commit", settled: "COMMITTED" });
    default:
      return "nothing";
  }
}

function known(reservation: Reservation | undefined, event: SagaEvent): Reservation {
  if (!reservation) throw new Contradiction(`${event.type} for an order that inventory does not know`);
  return reservation;
}

function afterRetry(reservation: Reservation, event: SagaEvent): StockAction {
  if (event.round <= reservation.round) return "nothing";
  if (reservation.status === "COMMITTED") throw new Contradiction("a retry of a payment whose stock is committed");
  // The failure that asked for the release has not arrived yet, and is stale when it does.
  return reservation.status === "RESERVED" ? "release-and-reserve" : "reserve";
}

function afterOutcome(
  reservation: Reservation,
  event: SagaEvent,
  { action, settled }: { readonly action: "release" | "commit"; readonly settled: Reservation["status"] },
): StockAction {
  // Of an earlier round only a failure can be late: a completed payment has no later round.
  if (event.round < reservation.round && action === "release") return "nothing";
  if (event.round === reservation.round && reservation.status === settled) return "nothing";
  if (event.round === reservation.round && reservation.status === "RESERVED") return action;
  throw new Contradiction(
    `${event.type} of round ${event.round}, but stock is ${reservation.status} in round ${reservation.round}`,
  );
}
