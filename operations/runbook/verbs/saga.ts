import { secondsOf } from "../duration.ts";
import { UsageError } from "../errors.ts";
import { type Fact, no, yes } from "../fact.ts";
import { askPostgres, ownPostgres } from "../own-postgres.ts";
import { reportOfStore, rightsOfAsking } from "../own-store.ts";
import { type Saga, type Sagas, sagaQuery, sagasQuery } from "../saga-query.ts";
import type { ReadingVerb, Report } from "../verb.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Shows where sagas stand (T10). */
export const saga: ReadingVerb = {
  kind: "reads",
  name: "saga",
  summary:
    "Show where the shop's sagas stand, and name each order that is stuck, was not compensated or contradicts its payment; or all that one order's saga has written.",
  names: [{ form: "[order]", description: "the id of one order" }],
  options: [
    { flags: "--stuck-after <duration>", description: "how long a step may take before it counts", default: "10m" },
  ],
  rights: rightsOfAsking,
  examples: ["saga techbra-ecommerce", "saga techbra-ecommerce 0b8e8b7e-5d0f-4a39-9c1d-2f6f3f0d7a11"],
  look(target, scope, { names: [order], options }) {
    const seconds = secondsOf("--stuck-after", String(options["stuckAfter"] ?? "10m"));
    if (order !== undefined && !uuid.test(order))
      throw new UsageError(`"${order}" is no id of an order: those look like 0b8e8b7e-5d0f-4a39-9c1d-2f6f3f0d7a11`);
    // A saga is between programs that speak through Kafka: a system without one has none.
    const postgres = target.dataStores.some(({ kind }) => kind === "kafka") ? ownPostgres(target) : undefined;
    return reportOfStore(postgres, "sagas", "this Postgres is run by somebody else: ask there", scope, async () => {
      const ask = <Answer>(query: string) => askPostgres<Answer>(target, scope, postgres!.location, query);
      if (order === undefined) return together(await ask<Sagas>(sagasQuery(seconds)));
      const found = await ask<Saga | null>(sagaQuery(order));
      return found === null ? { facts: [no(`order ${order}`, "there is none with this id")] } : alone(found, seconds);
    });
  },
};

function together(sagas: Sagas): Report {
  const counts = Object.entries(sagas.orders).map(([status, count]) => `${count} ${status}`);
  const none = (about: string, what: string, orders: readonly string[]): Fact =>
    orders.length === 0 ? yes(about, "none") : no(about, `${what}: ${orders.join(", ")}`);
  const unpublished = Object.entries(sagas.unpublished).filter(([, count]) => count > 0);
  return {
    data: sagas,
    lines: [`  ${counts.join(", ") || "no orders"}; ${sagas.failed} payments failed within a day`],
    facts: [
      none("stuck orders", "not decided in time", sagas.pending),
      none("orders without compensation", "their stock is not as their status says", sagas.uncompensated),
      none("orders against their payment", "their payment is not as their status says", sagas.contradicting),
      none("retries without an answer", "accepted and not decided", sagas.retrying),
      unpublished.length === 0
        ? yes("events", "all are published")
        : no("events", unpublished.map(([service, count]) => `${count} of ${service} wait for Kafka`).join(", ")),
    ],
  };
}

function alone(found: Saga, seconds: number): Report {
  const { id, status, reason, round, updated, payment, attempts, reservation, events } = found;
  const waiting = events.filter(({ published }) => !published);
  const late = status === "PENDING" && Date.now() - new Date(updated).getTime() > seconds * 1000;
  return {
    data: found,
    lines: [
      `  payment: ${payment ? `${payment.status}${payment.reason ? ` (${payment.reason})` : ""}, round ${payment.round}` : "none yet"}`,
      ...attempts.map((attempt) => `  attempt ${attempt.round}: ${attempt.outcome} at ${attempt.at}`),
      `  stock: ${reservation ? `${reservation.status}, round ${reservation.round}` : "none yet"}`,
      ...events.map(({ from, type, published }) => `  event of ${from}: ${type}${published ? "" : ", not published"}`),
    ],
    facts: [
      (late ? no : yes)(`order ${id}`, `${status}${reason ? ` (${reason})` : ""}, round ${round}, since ${updated}`),
      waiting.length === 0
        ? yes("events", `${events.length}, all published`)
        : no("events", `${waiting.length} of ${events.length} wait for Kafka`),
    ],
  };
}
