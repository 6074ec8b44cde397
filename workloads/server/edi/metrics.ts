import type { Counter, Registry } from "prom-client";
import { sql, type Statements } from "../data/mysql-session.ts";
import { shared } from "./shared.ts";
import { durationBounds, readTally, type Tally } from "./tally.ts";

interface Reading extends Tally {
  readonly depth: number;
  /** When the last engine run came to its end, in seconds since 1970. */
  readonly engine: number | null;
}

interface Sample {
  readonly metricName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * The application's metrics under the runbook's names, read from the database at each scrape: work is done by many
 * processes, and the engine's is gone before anyone can ask it. Every replica shows the same numbers, so queries take
 * their maximum and not their sum. While the database is away they have no value at all, which no rate takes for a
 * jump.
 */
export function exportDatabaseMetrics(database: Pick<Statements, "query">, registry: Registry): void {
  const reading = shared(() => read(database).catch(() => undefined));
  const metric = (
    name: string,
    help: string,
    type: "counter" | "gauge" | "histogram",
    samples: (values: Reading) => Sample[],
    away: Sample[] = [],
  ) =>
    // The library's own metrics count by themselves; this is all that it asks of any metric.
    registry.registerMetric({
      name,
      async get() {
        const values = await reading();
        return { name, help, type, aggregator: "max", values: values ? samples(values) : away };
      },
    } as unknown as Counter);

  metric("bots_database_up", "1 while the database answers", "gauge", () => [{ value: 1 }], [{ value: 0 }]);
  metric("bots_transactions_total", "Transactions finished, with or without success", "counter", ({ done, error }) => [
    { value: done + error },
  ]);
  metric("bots_errors_total", "Transactions that ended in an error", "counter", ({ error }) => [{ value: error }]);
  metric("bots_queue_depth", "Transactions that wait", "gauge", ({ depth }) => [{ value: depth }]);
  metric("bots_engine_last_run_timestamp_seconds", "End of the last engine run", "gauge", ({ engine }) =>
    engine === null ? [] : [{ value: engine }],
  );
  metric("bots_processing_duration_seconds", "Time to process a transaction", "histogram", histogram);
}

async function read(database: Pick<Statements, "query">): Promise<Reading> {
  const [tally, [row]] = await Promise.all([
    readTally(database),
    database.query<{ depth: number; engine: string | number | null }>(
      sql(
        `SELECT (SELECT COUNT(*) FROM bots_transaction WHERE state = 'pending') AS depth,
        (SELECT UNIX_TIMESTAMP(MAX(finished_at)) FROM bots_enginerun) AS engine`,
      ),
    ),
  ]);
  return { ...tally, depth: Number(row?.depth ?? 0), engine: row?.engine == null ? null : Number(row.engine) };
}

function histogram({ under, done, error, seconds }: Tally): Sample[] {
  const name = "bots_processing_duration_seconds";
  let total = 0;
  const buckets = [...durationBounds.map(String), "+Inf"].map((le) => ({
    metricName: `${name}_bucket`,
    labels: { le },
    value: (total += under.get(le) ?? 0),
  }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: seconds },
    { metricName: `${name}_count`, value: done + error },
  ];
}
