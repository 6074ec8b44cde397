import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Session, sql, type Statements } from "../data/mysql-session.ts";
import { toObject, writeCounts } from "./fixture.ts";
import { quoted, readModels } from "./model-tables.ts";
import type { Model } from "./models.ts";

/** Rows that are read at a time. Each may hold a payload of 1 MiB, and the server's answer is in memory twice. */
const pageSize = 20;

export interface DumpOptions {
  /** The fixture's path; the numbers of its rows are beside it in PATH.counts. Must not exist. */
  readonly output: string;
  /** Apps or models that are left out. */
  readonly exclude: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Writes every table to a fixture as Django's dumpdata does (E09), and returns the rows of each. All of it is what the
 * database held at one moment. The file has its name only when it is whole and on the disk.
 */
export async function dumpFixture(
  session: Session,
  { output, exclude, signal }: DumpOptions,
): Promise<ReadonlyMap<string, number>> {
  if (await stat(output).catch(() => undefined)) throw new Error(`${output} is there already and is not replaced`);
  // Only this isolation level has snapshots; it holds for the next transaction.
  await session.write(sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
  await session.write(sql("START TRANSACTION WITH CONSISTENT SNAPSHOT"));
  const models = await readModels(session, exclude);
  if (models.length === 0) throw new Error("the database holds no table to dump: it is not migrated");
  const counts = new Map<string, number>();
  try {
    await writeWhole(`${output}.partial`, objects(session, models, counts, signal));
    await writeWhole(`${output}.counts.partial`, [writeCounts(counts)]);
    await rename(`${output}.counts.partial`, `${output}.counts`);
    await rename(`${output}.partial`, output);
    await syncFolder(dirname(output));
  } finally {
    await Promise.all([`${output}.partial`, `${output}.counts.partial`].map((path) => rm(path, { force: true })));
  }
  await session.write(sql("COMMIT"));
  return counts;
}

/** The fixture's text, one object in a line. Counts the rows on the way, and compares with the server's own count. */
async function* objects(
  database: Statements,
  models: readonly Model[],
  counts: Map<string, number>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let separator = "[\n";
  for (const model of models) {
    let rows = 0;
    for await (const page of pages(database, model)) {
      signal.throwIfAborted();
      for (const row of page) {
        yield separator + JSON.stringify(toObject(model, row));
        separator = ",\n";
      }
      rows += page.length;
    }
    const [counted] = await database.query<{ total: number }>(
      sql(`SELECT COUNT(*) AS total FROM ${quoted(model.table)}`),
    );
    if (counted?.total !== rows)
      throw new Error(`table ${model.table} has ${counted?.total} rows, and ${rows} were written`);
    counts.set(model.table, rows);
  }
  yield separator === "[\n" ? "[\n]\n" : "\n]\n";
}

async function* pages({ query }: Statements, { table, key, columns }: Model) {
  const select = `SELECT ${[...columns.keys()].map(quoted).join(", ")} FROM ${quoted(table)}`;
  const end = `ORDER BY ${quoted(key)} LIMIT ${pageSize}`;
  let page = await query<Record<string, string | number | null>>(sql(`${select} ${end}`));
  while (page.length > 0) {
    yield page;
    page =
      page.length < pageSize ? [] : await query(sql(`${select} WHERE ${quoted(key)} > ? ${end}`, page.at(-1)![key]));
  }
}

async function writeWhole(path: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const file = await open(path, "wx", 0o640);
  try {
    await file.writeFile(pieces);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes new names in a folder outlive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
