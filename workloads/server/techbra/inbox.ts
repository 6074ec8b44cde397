import type { Database, Query } from "../data/postgres.ts";
import type { SagaEvent } from "./events.ts";
import { enqueue, type Schema } from "./outbox.ts";

/** What a service does about an event inside a transaction: resolves to the event it answers with, if any. */
export type Apply = (query: Query, event: SagaEvent) => Promise<SagaEvent | undefined>;

/**
 * Applies an event exactly once, however often it is delivered: its id, its effect and the answer are written in one
 * transaction. Resolves to false for an event that had been applied before.
 */
export const applyOnce = (
  database: Pick<Database, "transaction">,
  { schema, consumer }: { readonly schema: Schema; readonly consumer: string },
  event: SagaEvent,
  apply: Apply,
): Promise<boolean> =>
  database.transaction(async (query) => {
    const fresh = await query<{ message_id: string }>({
      text: `INSERT INTO ${schema}.processed_messages (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING message_id`,
      values: [consumer, event.id],
    });
    if (fresh.length === 0) return false;
    const answer = await apply(query, event);
    if (answer) await query(enqueue(schema, answer));
    return true;
  });
