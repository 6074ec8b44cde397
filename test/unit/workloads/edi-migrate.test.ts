import test from "ava";
import {
  applyMigrations,
  checksum,
  migrationsCheck,
  readRecords,
  showMigrations,
} from "../../../workloads/server/edi/migrate.ts";
import { migrations, migrationTableStatement, tables } from "../../../workloads/server/edi/schema.ts";
import { fakeSession } from "./support/fake-mysql.ts";

const steps = [
  { name: "0001_a", statements: ["CREATE TABLE IF NOT EXISTS a (id INT)", "CREATE TABLE IF NOT EXISTS a2 (id INT)"] },
  { name: "0002_b", statements: ["CREATE TABLE IF NOT EXISTS b (id INT)"] },
];

/** A database in which these steps were applied; undefined: one that never saw any. */
const database = (applied?: Record<string, string>) =>
  fakeSession([
    [/^SELECT 1 FROM information_schema/, applied ? [{}] : []],
    [/^SELECT name, checksum/, Object.entries(applied ?? {}).map(([name, sum]) => ({ name, checksum: sum }))],
  ]);

test("steps are applied in order, each recorded with its checksum after it ran", async (t) => {
  const { session, calls } = database();
  t.deepEqual(await applyMigrations(session, steps), ["0001_a", "0002_b"]);
  t.deepEqual(
    calls
      .filter(({ text }) => /^(CREATE|INSERT)/.test(text))
      .slice(1)
      .map(({ text, values }) => (text.startsWith("INSERT") ? values : text)),
    [
      ...steps[0]!.statements,
      ["0001_a", checksum(steps[0]!)],
      ...steps[1]!.statements,
      ["0002_b", checksum(steps[1]!)],
    ],
  );
});

test("only what is missing is applied, and nothing the second time", async (t) => {
  const first = checksum(steps[0]!);
  const half = database({ "0001_a": first });
  t.deepEqual(await applyMigrations(half.session, steps), ["0002_b"]);
  t.deepEqual(half.valuesOf(/^INSERT/), [["0002_b", checksum(steps[1]!)]]);
  const whole = database({ "0001_a": first, "0002_b": checksum(steps[1]!) });
  t.deepEqual(await applyMigrations(whole.session, steps), []);
  t.deepEqual(whole.valuesOf(/^INSERT/), []);
});

test("a changed step and one that comes too late are refused together, before anything is applied", async (t) => {
  const { session, calls } = database({ "0001_a": "other", "0003_c": "c" });
  await t.throwsAsync(applyMigrations(session, steps), {
    message:
      "nothing was applied: 0001_a was changed after it had been applied: restore it and write a new one; 0002_b is new, but 0003_c is applied already: give it a higher number",
  });
  t.deepEqual(
    calls.filter(
      ({ text }) => /^(CREATE TABLE IF NOT EXISTS [ab]|INSERT)/.test(text) && !text.includes("bots_migrations"),
    ),
    [],
  );
});

test("a database that never saw a migration has none applied", async (t) => {
  const { session, sent } = database();
  t.deepEqual(showMigrations(steps, await readRecords(session)), ["[ ] 0001_a", "[ ] 0002_b"]);
  t.is(sent().length, 1);
  t.deepEqual(showMigrations(steps, await readRecords(database({ "0001_a": "x" }).session)), [
    "[X] 0001_a",
    "[ ] 0002_b",
  ]);
});

test("a server is not ready before every step is applied", async (t) => {
  await t.throwsAsync(migrationsCheck(database({ "0001_a": "x" }).session, steps).run(), {
    message: "not applied: 0002_b",
  });
  t.is(await migrationsCheck(database({ "0001_a": "x", "0002_b": "y" }).session, steps).run(), "2 applied");
});

test("every statement of the schema can be run again, and makes the tables that the programs ask for", (t) => {
  const statements = migrations.flatMap((migration) => migration.statements);
  for (const statement of [migrationTableStatement, ...statements])
    t.regex(
      statement,
      /^CREATE TABLE IF NOT EXISTS \w+ \(\n[^;]+\n\) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci$/,
    );
  t.deepEqual(
    statements.map((statement) => /EXISTS (\w+)/.exec(statement)?.[1]),
    tables,
  );
  t.deepEqual(
    migrations.map(({ name }) => name),
    [...migrations.map(({ name }) => name)].sort(),
  );
});

test("a released step never changes", (t) => {
  t.deepEqual(
    migrations.map((migration) => [migration.name, checksum(migration).slice(0, 12)]),
    [
      ["0001_transaction", "bff8df92c7b7"],
      ["0002_acknowledgement", "1ebf877539b6"],
      ["0003_enginerun", "5956844c22b3"],
      ["0004_tally", "c6ce03fc7f1d"],
    ],
  );
});
