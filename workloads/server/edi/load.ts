import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Session, sql, type Statements } from "../data/mysql-session.ts";
import { readCounts, readObjects, toRow } from "./fixture.ts";
import { missing, readRecords } from "./migrate.ts";
import { quoted, readModels } from "./model-tables.ts";
import type { Model } from "./models.ts";
import { migrations } from "./schema.ts";

export interface LoadOptions {
  /** The fixture's path. When PATH.counts is beside it, its numbers must come out. */
  readonly input: string;
  /** Apps or models that may hold rows already and are not loaded. */
  readonly exclude: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Reads a fixture into an empty, migrated database, all of it or nothing, and returns the rows of each table (E12).
 * Rejects, with the database as it was, when a table holds rows, when a row refers to one that is not there, or when
 * the
 * numbers of rows are not those of the fixture.
 */
export async function loadFixture(
  session: Session,
  { input, exclude, signal }: LoadOptions,
): Promise<ReadonlyMap<string, number>> {
  const unapplied = missing(migrations, await readRecords(session));
  if (unapplied.length > 0) throw new Error(`the database is not migrated: ${unapplied.join(", ")} missing`);
  const models = await readModels(session, exclude);
  const expected = await readFile(`${input}.counts`, "utf8").then(readCounts, (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  // A fixture's order is not that of the references; they are checked before the commit instead.
  await session.write(sql("SET SESSION foreign_key_checks = 0"));
  return session.transaction(async (statements) => {
    await refuseRows(statements, models);
    const loaded = new Map(models.map(({ table }) => [table, 0]));
    for await (const { model, rows } of batches(createReadStream(input, { encoding: "utf8" }), models)) {
      signal.throwIfAborted();
      await insert(statements, model, rows);
      loaded.set(model.table, loaded.get(model.table)! + rows.length);
    }
    await refuseOrphans(statements);
    await compareCounts(statements, loaded, expected);
    return loaded;
  });
}

type Row = ReadonlyMap<string, string | number | null>;

/** Rows of one table with the same columns, together: one statement each. */
async function* batches(
  text: AsyncIterable<string>,
  models: readonly Model[],
): AsyncGenerator<{ readonly model: Model; readonly rows: readonly Row[] }> {
  const byLabel = new Map(models.map((model) => [model.label, model]));
  let batch: { readonly model: Model; readonly columns: string; readonly rows: Row[]; size: number } | undefined;
  for await (const object of readObjects(text)) {
    const model = byLabel.get(object.model);
    if (!model) throw new Error(`the fixture holds ${object.model}, for which the database has no table`);
    const row = toRow(model, object);
    const columns = [...row.keys()].join();
    if (
      batch &&
      (batch.model !== model || batch.columns !== columns || batch.rows.length === 200 || batch.size > 1_000_000)
    ) {
      yield batch;
      batch = undefined;
    }
    batch ??= { model, columns, rows: [], size: 0 };
    batch.rows.push(row);
    batch.size += [...row.values()].reduce<number>(
      (size, value) => size + (typeof value === "string" ? value.length : 0),
      0,
    );
  }
  if (batch) yield batch;
}

function insert(statements: Statements, { table }: Model, rows: readonly Row[]) {
  const names = [...rows[0]!.keys()];
  const places = `(${names.map(() => "?").join(", ")})`;
  return statements.write(
    sql(
      `INSERT INTO ${quoted(table)} (${names.map(quoted).join(", ")}) VALUES ${rows.map(() => places).join(", ")}`,
      ...rows.flatMap((row) => [...row.values()]),
    ),
  );
}

async function refuseRows({ query }: Statements, models: readonly Model[]): Promise<void> {
  const filled: string[] = [];
  for (const { table } of models) {
    if ((await query(sql(`SELECT 1 FROM ${quoted(table)} LIMIT 1`))).length > 0) filled.push(table);
  }
  if (filled.length > 0)
    throw new Error(`the database is not empty: ${filled.join(", ")} hold rows. Load into a new database`);
}

async function refuseOrphans({ query }: Statements): Promise<void> {
  const keys = await query<{ table_name: string; name: string; other: string; other_name: string }>(
    sql(
      `SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, REFERENCED_TABLE_NAME AS other, REFERENCED_COLUMN_NAME AS other_name
      FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL`,
    ),
  );
  for (const { table_name, name, other, other_name } of keys) {
    const [row] = await query<{ orphans: number }>(
      sql(
        `SELECT COUNT(*) AS orphans FROM ${quoted(table_name)} a LEFT JOIN ${quoted(other)} b ON b.${quoted(other_name)} = a.${quoted(name)}
        WHERE a.${quoted(name)} IS NOT NULL AND b.${quoted(other_name)} IS NULL`,
      ),
    );
    if (row?.orphans !== 0)
      throw new Error(
        `${row?.orphans} rows of ${table_name} refer by ${name} to rows of ${other} that the fixture does not hold`,
      );
  }
}

async function compareCounts(
  { query }: Statements,
  loaded: ReadonlyMap<string, number>,
  expected: ReadonlyMap<string, number> | undefined,
): Promise<void> {
  for (const [table, rows] of loaded) {
    const [row] = await query<{ total: number }>(sql(`SELECT COUNT(*) AS total FROM ${quoted(table)}`));
    if (row?.total !== rows) throw new Error(`table ${table} has ${row?.total} rows after ${rows} were loaded`);
  }
  for (const [table, rows] of expected ?? []) {
    if (loaded.get(table) !== rows)
      throw new Error(
        `the fixture holds ${loaded.get(table) ?? 0} rows of ${table}, and ${rows} were counted when it was written`,
      );
  }
}
