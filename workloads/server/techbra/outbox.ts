import { setTimeout as sleep } from "node:timers/promises";
import { Gauge } from "prom-client";
import type { Outgoing } from "../data/kafka.ts";
import type { Database, Sql } from "../data/postgres.ts";
import { retryDelay } from "../data/redis.ts";
import type { Runtime } from "../role.ts";
import { atMost } from "./at-most.ts";
import { type SagaEvent, topicOf } from "./events.ts";
import { createOutage } from "./outage.ts";

/** The schema of one service; no service reads another's. */
export type Schema = "orders" | "billing" | "inventory";

/** Rows published in one go. */
export const batchSize = 100;

/** Milliseconds. */
const timing = {
  /** A row waits for so long at most, when no insert woke the relay. */
  poll: 500,
  /** On the way out, a batch is waited for; what is cut off is undone and published by the next relay. */
  lastBatch: 5_000,
};

/** Writes an event down in the transaction that makes it true; the relay publishes it afterwards. */
export const enqueue = (schema: Schema, event: SagaEvent): Sql => ({
  text: `INSERT INTO ${schema}.outbox (event_id, topic, message_key, payload) VALUES ($1, $2, $3, $4)`,
  values: [event.id, topicOf(event), event.orderId, JSON.stringify(event)],
});

/**
 * Kafka's time for a batch, in ms. Meanwhile the transaction waits and holds the lock, so the server's patience is
 * longer.
 */
export const publishLimit = 20_000;

type Publish = (messages: readonly Outgoing[], signal: AbortSignal) => Promise<void>;

interface Row {
  readonly id: string;
  readonly topic: string;
  readonly message_key: string;
  readonly payload: string;
}

/**
 * Publishes the oldest rows in their order and marks them, in one transaction. Resolves to their number. A lock lets
 * one
 * replica do this at a time: events of an order are written under its row's lock, so their ids are in order, and a
 * single publisher keeps them so. What fails after publishing, or is not published in time, is published again, with
 * the
 * same event ids.
 */
export const relayBatch = (
  database: Pick<Database, "transaction">,
  schema: Schema,
  publish: Publish,
  limit = publishLimit,
): Promise<number> =>
  database.transaction(async (query) => {
    const [lock] = await query<{ held: boolean }>({
      text: "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS held",
      values: [`${schema}.outbox`],
    });
    if (!lock?.held) return 0;
    const rows = await query<Row>({
      text: `SELECT id, topic, message_key, payload::text AS payload FROM ${schema}.outbox WHERE published_at IS NULL ORDER BY id LIMIT $1`,
      values: [batchSize],
    });
    if (rows.length === 0) return 0;
    await within(limit, (signal) =>
      publish(
        rows.map(({ topic, message_key, payload }) => ({ topic, key: message_key, value: payload })),
        signal,
      ),
    );
    await query({
      text: `UPDATE ${schema}.outbox SET published_at = now() WHERE id = ANY($1::bigint[])`,
      values: [rows.map(({ id }) => id)],
    });
    return rows.length;
  });

/**
 * Waits for Kafka, but not for more than `limit` ms; the signal then tells the publisher that nobody waits any more.
 */
async function within(limit: number, publish: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`Kafka did not take a batch within ${limit} ms`)), limit);
  try {
    await Promise.race([
      publish(late.signal),
      new Promise((_, reject) => late.signal.addEventListener("abort", () => reject(late.signal.reason))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

export interface Relay {
  /** Says that there is something to publish. */
  wake(): void;
  /** Finishes the batch in hand, if that takes seconds and not minutes. */
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly database: Database;
  readonly schema: Schema;
  readonly publish: Publish;
  /** Wait after so many failures in a row, in ms. @default retryDelay */
  readonly delay?: (failures: number) => number;
}

/**
 * Publishes what is in the outbox for as long as the service lives, through every outage of the database and of Kafka.
 */
export function startRelay(
  { database, schema, publish, delay = retryDelay }: RelayOptions,
  { log, metrics }: Runtime,
): Relay {
  watch(database, schema, metrics.registry);
  const stop = new AbortController();
  let awake = new AbortController();

  async function rest(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: AbortSignal.any([stop.signal, awake.signal]) }).catch(() => {});
  }

  async function run(): Promise<void> {
    const outage = createOutage(log, "outbox not published, trying again");
    while (!stop.signal.aborted) {
      awake = new AbortController();
      try {
        const published = await relayBatch(database, schema, publish);
        outage.over();
        if (published < batchSize) await rest(timing.poll);
      } catch (error) {
        await sleep(delay(outage.failed(error)), undefined, { signal: stop.signal }).catch(() => {});
      }
    }
  }

  const finished = run();
  return {
    wake: () => awake.abort(),
    async close() {
      stop.abort();
      await atMost(timing.lastBatch, finished);
    },
  };
}

function watch(database: Database, schema: Schema, registry: Runtime["metrics"]["registry"]): void {
  new Gauge({
    name: "outbox_pending",
    help: "Events that are not published yet",
    registers: [registry],
    async collect() {
      const [row] = await database
        .query<{ pending: number }>({
          text: `SELECT count(*)::int AS pending FROM ${schema}.outbox WHERE published_at IS NULL`,
          values: [],
        })
        .catch(() => []);
      if (row) this.set(row.pending);
    },
  });
}
