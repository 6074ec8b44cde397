import * as z from "zod";
import { sql, type Statements } from "../data/mysql-session.ts";
import { labelOf } from "./fixture.ts";
import type { Model } from "./models.ts";
import { migrationTable } from "./schema.ts";

/** Apps or models that a fixture leaves out, as "app" or "app.model" with commas between them (E09). */
export const excludeVariables = {
  EXCLUDE: z
    .string()
    .regex(/^[\w.,]*$/, { error: "names of apps or models with commas between them" })
    .default("auth.permission,contenttypes")
    .transform((text) => text.split(",").filter(Boolean)),
};

/** Tables that say which schema is there and are made by its migrations; no fixture holds them. */
const bookkeeping = new Set([migrationTable, "django_migrations"]);

/** Types whose values JSON can hold without loss. */
const plainTypes =
  /^(tinyint|smallint|mediumint|int|bigint|decimal|double|char|varchar|tinytext|text|mediumtext|longtext|date|datetime|timestamp)$/;

/** An identifier for the text of a statement. */
export const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/**
 * The database's tables by label, without those of the apps or models in `exclude`. Throws when one of them cannot be
 * in a
 * fixture: a key of several columns, or a type that JSON cannot hold.
 */
export async function readModels(database: Pick<Statements, "query">, exclude: readonly string[]): Promise<Model[]> {
  const rows = await database.query<{ table_name: string; name: string; type: string; key_kind: string }>(
    sql(
      `SELECT c.TABLE_NAME AS table_name, c.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.COLUMN_KEY AS key_kind
      FROM information_schema.COLUMNS c JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
      WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`,
    ),
  );
  const chosen = [...Map.groupBy(rows, ({ table_name }) => table_name)].filter(
    ([table]) => !bookkeeping.has(table) && !isExcluded(labelOf(table), exclude),
  );
  return chosen.map(([table, columns]) => {
    const [key, ...more] = columns.filter(({ key_kind }) => key_kind === "PRI");
    if (!key || more.length > 0)
      throw new Error(
        `table ${table} has no primary key of one column, so it cannot be in a fixture: exclude ${labelOf(table)}`,
      );
    const odd = columns.find(({ type }) => !plainTypes.test(type));
    if (odd)
      throw new Error(
        `column ${table}.${odd.name} is of type ${odd.type}, which a fixture cannot hold: exclude ${labelOf(table)}`,
      );
    return {
      label: labelOf(table),
      table,
      key: key.name,
      columns: new Map(columns.map(({ name, type }) => [name, type])),
    };
  });
}

const isExcluded = (label: string, exclude: readonly string[]): boolean =>
  exclude.includes(label) || exclude.includes(label.split(".")[0]!);
