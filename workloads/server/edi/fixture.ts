import type { Model } from "./models.ts";

/** One object of a fixture, as Django writes it. */
export interface FixtureObject {
  readonly model: string;
  readonly pk: string | number;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

/** Tables whose label is not the first part of their name and the rest. */
const labels: Readonly<Record<string, string>> = { django_content_type: "contenttypes.contenttype" };

/** The label, such as "bots.transaction", of a table's model. */
export const labelOf = (table: string): string => labels[table] ?? table.replace("_", ".");

const isTime = (type: string | undefined): boolean => type === "datetime" || type === "timestamp";

/** A row as an object of a fixture; times in ISO 8601. */
export function toObject(
  { label, key, columns }: Model,
  row: Readonly<Record<string, string | number | null>>,
): FixtureObject {
  const fields = Object.entries(row)
    .filter(([name]) => name !== key)
    .map(([name, value]) => [
      name,
      isTime(columns.get(name)) && typeof value === "string" ? `${value.replace(" ", "T")}Z` : value,
    ]);
  return { model: label, pk: row[key]!, fields: Object.fromEntries(fields) };
}

/**
 * The row of an object: column names and values. Throws when a field is no column, or a value none that a column can
 * hold.
 */
export function toRow(
  { label, key, columns }: Model,
  { pk, fields }: FixtureObject,
): Map<string, string | number | null> {
  const row = new Map<string, string | number | null>([[key, pk]]);
  for (const [name, value] of Object.entries(fields)) {
    if (!columns.has(name)) throw new Error(`${label} ${pk} has the field "${name}", and the table has no such column`);
    const plain = typeof value === "boolean" ? Number(value) : value;
    if (plain !== null && typeof plain !== "string" && typeof plain !== "number")
      throw new Error(`the field "${name}" of ${label} ${pk} is neither text nor a number`);
    row.set(
      name,
      isTime(columns.get(name)) && typeof plain === "string"
        ? timeOf(plain, `the field "${name}" of ${label} ${pk}`)
        : plain,
    );
  }
  return row;
}

/** An ISO 8601 time in UTC as the database takes it. */
function timeOf(text: string, where: string): string {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:Z|\+00:00)$/.exec(text) ?? [];
  if (!date) throw new Error(`${where} is not a time in UTC: ${text}`);
  return `${date} ${time}`;
}

/**
 * The objects of a fixture, read piece by piece: one of them is in memory at a time, so a fixture may be larger. Throws
 * when
 * the text is not one JSON array of objects with model, pk and fields, ends too early, or goes on behind its end.
 */
export async function* readObjects(text: AsyncIterable<string>): AsyncGenerator<FixtureObject> {
  let expects: "array" | "first object" | "object" | "comma" | "end" = "array";
  let read = 0;
  let object = "";
  let depth = 0;
  let inString = false;
  let escaped = false;
  for await (const piece of text) {
    let begin = 0;
    for (let index = 0; index < piece.length; index += 1) {
      const sign = piece[index]!;
      if (depth > 0) {
        if (inString) {
          if (escaped) escaped = false;
          else if (sign === "\\") escaped = true;
          else if (sign === '"') inString = false;
        } else if (sign === '"') inString = true;
        else if (sign === "{" || sign === "[") depth += 1;
        else if ((sign === "}" || sign === "]") && (depth -= 1) === 0) {
          yield parse(object + piece.slice(begin, index + 1), (read += 1));
          object = "";
          expects = "comma";
        }
      } else if (sign === "[" && expects === "array") expects = "first object";
      else if (sign === "]" && (expects === "first object" || expects === "comma")) expects = "end";
      else if (sign === "{" && (expects === "first object" || expects === "object")) [depth, begin] = [1, index];
      else if (sign === "," && expects === "comma") expects = "object";
      else if (!" \n\r\t".includes(sign))
        throw new Error(`the fixture is not a JSON array of objects: found "${sign}" after ${read} objects`);
    }
    if (depth > 0) object += piece.slice(begin);
  }
  if (expects !== "end") throw new Error(`the fixture ends before its array does, after ${read} objects`);
}

function parse(text: string, position: number): FixtureObject {
  let object: Partial<FixtureObject>;
  try {
    object = JSON.parse(text) as Partial<FixtureObject>;
  } catch (error) {
    // Its own message quotes the text, which is a partner's.
    throw new Error(`object ${position} of the fixture is not JSON`, { cause: error });
  }
  const { model, pk, fields } = object;
  if (
    typeof model !== "string" ||
    (typeof pk !== "string" && typeof pk !== "number") ||
    typeof fields !== "object" ||
    fields === null
  ) {
    throw new Error(`an object of the fixture has no model, pk and fields: ${text.slice(0, 80)}`);
  }
  return { model, pk, fields };
}

/** Rows by table, one in a line; for programs to compare. */
export const writeCounts = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([table, count]) => `${table}|${count}\n`).join("");

export const readCounts = (text: string): Map<string, number> =>
  new Map(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => [line.split("|")[0]!, Number(line.split("|")[1])]),
  );
