import * as z from "zod";
import type { Database, Query, Sql } from "../data/postgres.ts";
import { isoTime, type Origin, recordEvent } from "./audit-events.ts";
import { nothingBut, storableText } from "./request-schemas.ts";

/** Name of a setting: at most 100 characters. */
export const settingKey = z
  .string()
  .regex(
    /^[a-z][a-z0-9._-]{0,99}$/,
    "expected 1 to 100 lower-case letters, digits, dots, hyphens or underscores, the first a letter",
  );

/** Longest text of a setting, in UTF-16 units. */
const longestText = 4_096;

/** The body of a write. */
export const settingBody = z.strictObject(
  {
    value: z.union(
      [storableText(longestText), z.number(), z.boolean()],
      `expected a text of at most ${longestText} characters without NUL, a number, true or false`,
    ),
  },
  nothingBut("value"),
);

export interface Setting {
  readonly key: string;
  readonly value: string | number | boolean;
  /** Counts the writes. */
  readonly version: number;
  readonly updated_at: string;
  readonly updated_by: string;
}

const columns = `key, value, version, ${isoTime("updated_at")} AS updated_at, updated_by`;

export async function readSetting(query: Query, key: string): Promise<Setting | null> {
  const [setting] = await query<Setting>({ text: `SELECT ${columns} FROM settings WHERE key = $1`, values: [key] });
  return setting ?? null;
}

// An empty row first, so that two first writes of a key wait for each other like any two writes.
const makeSure = (key: string, actor: string): Sql => ({
  text: "INSERT INTO settings (key, value, version, updated_by) VALUES ($1, 'null', 0, $2) ON CONFLICT (key) DO NOTHING",
  values: [key, actor],
});
const lock = (key: string): Sql => ({
  text: "SELECT value, version FROM settings WHERE key = $1 FOR UPDATE",
  values: [key],
});
const change = (key: string, value: Setting["value"], actor: string): Sql => ({
  text: `UPDATE settings SET value = $2::jsonb, version = version + 1, updated_at = now(), updated_by = $3 WHERE key = $1 RETURNING ${columns}`,
  values: [key, JSON.stringify(value), actor],
});

/** Writes a setting and the audit event that tells of it: both hold, or none. */
export function writeSetting(
  database: Pick<Database, "transaction">,
  key: string,
  value: Setting["value"],
  origin: Origin,
): Promise<Setting> {
  return database.transaction(async (query) => {
    await query(makeSure(key, origin.actor));
    const [before] = await query<Pick<Setting, "value" | "version">>(lock(key));
    const [after] = await query<Setting>(change(key, value, origin.actor));
    const isNew = before!.version === 0;
    const detail = { version: after!.version, ...(!isNew && { from: before!.value }), to: value };
    await query(
      recordEvent({
        ...origin,
        action: isNew ? "setting.created" : "setting.changed",
        subject: `settings/${key}`,
        detail,
      }),
    );
    return after!;
  });
}
