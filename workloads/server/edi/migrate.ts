import { createHash } from "node:crypto";
import { sql, type Statements } from "../data/mysql-session.ts";
import type { Check } from "../http/health.ts";
import { type Migration, migrationTable, migrationTableStatement } from "./schema.ts";

/** What the database says was applied: checksums by name. */
type Records = ReadonlyMap<string, string>;

/** SHA-256 of a step's statements, in hexadecimal. */
export const checksum = ({ statements }: Migration): string =>
  createHash("sha256").update(statements.join(";\n")).digest("hex");

/** Steps that were applied, in a database that may never have seen one. */
export async function readRecords(database: Pick<Statements, "query">): Promise<Records> {
  const exists = await database.query(
    sql("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?", migrationTable),
  );
  if (exists.length === 0) return new Map();
  const rows = await database.query<{ name: string; checksum: string }>(
    sql(`SELECT name, checksum FROM ${migrationTable} ORDER BY name`),
  );
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

/** Every step with a cross if it is applied (E16). */
export const showMigrations = (migrations: readonly Migration[], records: Records): string[] =>
  migrations.map(({ name }) => `[${records.has(name) ? "X" : " "}] ${name}`);

/** Names of the steps still to be applied. */
export const missing = (migrations: readonly Migration[], records: Records): string[] =>
  migrations.map(({ name }) => name).filter((name) => !records.has(name));

/** Passes when every step is applied. */
export const migrationsCheck = (database: Pick<Statements, "query">, migrations: readonly Migration[]): Check => ({
  name: "migrations",
  need: "required",
  async run() {
    const unapplied = missing(migrations, await readRecords(database));
    if (unapplied.length > 0) throw new Error(`not applied: ${unapplied.join(", ")}`);
    return `${migrations.length} applied`;
  },
});

/**
 * Applies what is missing, in order, and returns the names. Compares everything before it applies anything. A step is
 * recorded after it ran, because DDL cannot be in one transaction with its record: a step cut off between the two runs
 * again.
 */
export async function applyMigrations(database: Statements, migrations: readonly Migration[]): Promise<string[]> {
  await database.write(sql(migrationTableStatement));
  const records = await readRecords(database);
  const problems = contradictions(migrations, records);
  if (problems.length > 0) throw new Error(`nothing was applied: ${problems.join("; ")}`);
  const todo = migrations.filter(({ name }) => !records.has(name));
  for (const migration of todo) {
    for (const statement of migration.statements) await database.write(sql(statement));
    await database.write(
      sql(
        `INSERT INTO ${migrationTable} (name, checksum, applied_at) VALUES (?, ?, UTC_TIMESTAMP(6))`,
        migration.name,
        checksum(migration),
      ),
    );
  }
  return todo.map(({ name }) => name);
}

function contradictions(migrations: readonly Migration[], records: Records): string[] {
  const newest = [...records.keys()].sort().at(-1) ?? "";
  return migrations.flatMap((migration) => {
    const recorded = records.get(migration.name);
    if (recorded === undefined)
      return migration.name < newest
        ? [`${migration.name} is new, but ${newest} is applied already: give it a higher number`]
        : [];
    return recorded === checksum(migration)
      ? []
      : [`${migration.name} was changed after it had been applied: restore it and write a new one`];
  });
}
