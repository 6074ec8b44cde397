import type { Database, Sql } from "../data/postgres.ts";
import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";
import type { Schema } from "./outbox.ts";

/**
 * Days that published events and the ids of applied ones are kept: well beyond the 7 days of the topics (T01), after
 * which nothing can come again.
 */
const keepDays = 30;

/** Rows removed by one statement, so that none runs long. */
const batch = 5_000;

/** Milliseconds between two rounds. */
const interval = 3_600_000;

/** What removes old rows of a schema. */
export const removals = (schema: Schema): Sql[] => [
  {
    text: `DELETE FROM ${schema}.outbox WHERE id IN (SELECT id FROM ${schema}.outbox WHERE published_at < now() - make_interval(days => $1) LIMIT $2)`,
    values: [keepDays, batch],
  },
  {
    text: `DELETE FROM ${schema}.processed_messages WHERE (consumer, message_id) IN
      (SELECT consumer, message_id FROM ${schema}.processed_messages WHERE processed_at < now() - make_interval(days => $1) LIMIT $2)`,
    values: [keepDays, batch],
  },
];

/** Removes old rows every hour; what one round leaves, the next takes. */
export function startHousekeeping(
  database: Pick<Database, "query">,
  schema: Schema,
  { log }: Pick<Runtime, "log">,
): { close(): void } {
  const round = async () => {
    for (const sql of removals(schema)) await database.query(sql);
  };
  const timer = setInterval(
    () => void round().catch((error: unknown) => log.warn({ reason: reasonOf(error) }, "old rows not removed")),
    interval,
  );
  return { close: () => clearInterval(timer) };
}
