import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { dumpFixture } from "../../../workloads/server/edi/dump.ts";
import {
  labelOf,
  readCounts,
  readObjects,
  toObject,
  toRow,
  writeCounts,
} from "../../../workloads/server/edi/fixture.ts";
import { loadFixture } from "../../../workloads/server/edi/load.ts";
import { quoted, readModels } from "../../../workloads/server/edi/model-tables.ts";
import { checksum } from "../../../workloads/server/edi/migrate.ts";
import { migrations } from "../../../workloads/server/edi/schema.ts";
import { fakeSession } from "./support/fake-mysql.ts";

type Row = Record<string, string | number | null>;
type Tables = Record<string, { types: Record<string, string>; rows: Row[] }>;

const exclude = ["auth.permission", "contenttypes"];
const signal = new AbortController().signal;
const types = { id: "bigint", partner: "varchar", created_at: "datetime", seconds: "double", payload: "mediumtext" };
const transaction = (id: number): Row => ({
  id,
  partner: `p"${id}\\`,
  created_at: "2026-01-09 12:00:00.123456",
  seconds: id === 2 ? null : 0.25,
  payload: "ISA*{[\n",
});

/** A migrated database of these tables, with permissions that no fixture should hold. */
function database(tables: Tables, { orphans = 0, migrated = true, counted = (rows: number) => rows } = {}) {
  const all: Tables = {
    ...tables,
    auth_permission: { types: { id: "int", name: "varchar" }, rows: [{ id: 1, name: "Can add" }] },
    django_content_type: { types: { id: "int" }, rows: [{ id: 1 }] },
    bots_migrations: { types: { id: "bigint" }, rows: [] },
  };
  const named = (text: string) => /(?:FROM|INTO) `(\w+)`/.exec(text)![1]!;
  const fake = fakeSession([
    [/information_schema\.TABLES WHERE/, [{}]],
    [
      /^SELECT name, checksum/,
      migrations.slice(migrated ? 0 : 1).map((migration) => ({ name: migration.name, checksum: checksum(migration) })),
    ],
    [
      /information_schema\.COLUMNS/,
      Object.entries(all).flatMap(([table_name, table]) =>
        Object.entries(table.types).map(([name, type], index) => ({
          table_name,
          name,
          type,
          key_kind: index === 0 ? "PRI" : "",
        })),
      ),
    ],
    [
      /KEY_COLUMN_USAGE/,
      [{ table_name: "bots_acknowledgement", name: "transaction_id", other: "bots_transaction", other_name: "id" }],
    ],
    [/AS orphans/, [{ orphans }]],
  ]);
  const session = { ...fake.session };
  session.query = async <R extends object>(statement: { text: string; values: readonly unknown[] }) => {
    if (!/(COUNT\(\*\) AS total|LIMIT \d+$)/.test(statement.text)) return fake.session.query<R>(statement);
    const { rows } = all[named(statement.text)]!;
    if (statement.text.includes("COUNT(*)")) return [{ total: counted(rows.length) }] as unknown as R[];
    const limit = Number(/LIMIT (\d+)$/.exec(statement.text)![1]);
    return rows
      .filter((row) => statement.values.length === 0 || Number(row["id"]) > Number(statement.values[0]))
      .slice(0, limit) as R[];
  };
  session.write = async (statement) => {
    const inserted = /^INSERT INTO `(\w+)` \(([^)]*)\)/.exec(statement.text);
    if (inserted) {
      const names = inserted[2]!.split(", ").map((name) => name.replaceAll("`", ""));
      for (let at = 0; at < statement.values.length; at += names.length)
        all[inserted[1]!]!.rows.push(
          Object.fromEntries(names.map((name, index) => [name, statement.values[at + index]])) as Row,
        );
    }
    return fake.session.write(statement);
  };
  session.transaction = (work) => work(session);
  return { session, all, calls: fake.calls };
}

const empty = (): Tables => ({
  bots_acknowledgement: { types: { id: "bigint", transaction_id: "bigint" }, rows: [] },
  bots_transaction: { types, rows: [] },
});
const filled = (rows = [1, 2, 3].map(transaction)): Tables => ({
  ...empty(),
  bots_acknowledgement: { types: { id: "bigint", transaction_id: "bigint" }, rows: [{ id: 9, transaction_id: 1 }] },
  bots_transaction: { types, rows },
});

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "fixture-"));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

test("a dump is a Django fixture of one snapshot, without permissions, content types and the record of migrations", async (t) => {
  const output = join(folder(t), "dump.json");
  const { session, calls } = database(filled());
  t.deepEqual(
    await dumpFixture(session, { output, exclude, signal }),
    new Map([
      ["bots_acknowledgement", 1],
      ["bots_transaction", 3],
    ]),
  );
  t.deepEqual(
    calls.slice(0, 2).map(({ text }) => text),
    ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT"],
  );
  const objects = JSON.parse(readFileSync(output, "utf8")) as object[];
  t.deepEqual(objects.slice(0, 2), [
    { model: "bots.acknowledgement", pk: 9, fields: { transaction_id: 1 } },
    {
      model: "bots.transaction",
      pk: 1,
      fields: { partner: 'p"1\\', created_at: "2026-01-09T12:00:00.123456Z", seconds: 0.25, payload: "ISA*{[\n" },
    },
  ]);
  t.is(objects.length, 4);
  t.is(readFileSync(`${output}.counts`, "utf8"), "bots_acknowledgement|1\nbots_transaction|3\n");
});

test("what is dumped is loaded again, row by row and over several pages", async (t) => {
  const output = join(folder(t), "dump.json");
  const rows = Array.from({ length: 251 }, (_, index) => transaction(index + 1));
  const source = database(filled(rows));
  await dumpFixture(source.session, { output, exclude, signal });
  const target = database(empty());
  t.deepEqual(
    await loadFixture(target.session, { input: output, exclude, signal }),
    new Map([
      ["bots_acknowledgement", 1],
      ["bots_transaction", 251],
    ]),
  );
  t.deepEqual(target.all, source.all);
  t.is(target.calls.filter(({ text }) => text.startsWith("INSERT INTO `bots_transaction`")).length, 2);
});

test("a database without a row makes an empty fixture, which can be loaded", async (t) => {
  const output = join(folder(t), "dump.json");
  await dumpFixture(database(empty()).session, { output, exclude, signal });
  t.deepEqual(JSON.parse(readFileSync(output, "utf8")), []);
  t.deepEqual(
    await loadFixture(database(empty()).session, { input: output, exclude, signal }),
    new Map([
      ["bots_acknowledgement", 0],
      ["bots_transaction", 0],
    ]),
  );
});

test("a dump that fails leaves no file, and one that is there is not replaced", async (t) => {
  const path = folder(t);
  const output = join(path, "dump.json");
  await t.throwsAsync(
    dumpFixture(database(filled(), { counted: (rows) => rows + 1 }).session, { output, exclude, signal }),
    { message: "table bots_acknowledgement has 2 rows, and 1 were written" },
  );
  await t.throwsAsync(
    dumpFixture(database(filled()).session, {
      output,
      exclude,
      signal: AbortSignal.abort(new Error("stopped by SIGTERM")),
    }),
    { message: "stopped by SIGTERM" },
  );
  await t.throwsAsync(dumpFixture(database({}).session, { output, exclude: [...exclude, "bots"], signal }), {
    message: "the database holds no table to dump: it is not migrated",
  });
  t.deepEqual(readdirSync(path), []);
  writeFileSync(output, "precious");
  await t.throwsAsync(dumpFixture(database(filled()).session, { output, exclude, signal }), {
    message: `${output} is there already and is not replaced`,
  });
  t.is(readFileSync(output, "utf8"), "precious");
});

/** Loads a text into a database, which is empty unless told otherwise. */
async function load(
  t: ExecutionContext,
  text: string,
  { counts, target = database(empty()) }: { counts?: string; target?: ReturnType<typeof database> } = {},
) {
  const input = join(folder(t), "dump.json");
  writeFileSync(input, text);
  if (counts !== undefined) writeFileSync(`${input}.counts`, counts);
  return loadFixture(target.session, { input, exclude, signal });
}

const one = '[{"model": "bots.transaction", "pk": 1, "fields": {"partner": "ACME"}}]';

test("a database that holds rows is refused with the names of its tables, and one that is not migrated too", async (t) => {
  await t.throwsAsync(load(t, one, { target: database(filled()) }), {
    message: "the database is not empty: bots_acknowledgement, bots_transaction hold rows. Load into a new database",
  });
  await t.throwsAsync(load(t, one, { target: database(empty(), { migrated: false }) }), {
    message: `the database is not migrated: ${migrations[0]!.name} missing`,
  });
});

test("a fixture that refers to what it does not hold, or does not add up, is refused", async (t) => {
  await t.throwsAsync(load(t, one, { target: database(empty(), { orphans: 2 }) }), {
    message:
      "2 rows of bots_acknowledgement refer by transaction_id to rows of bots_transaction that the fixture does not hold",
  });
  await t.throwsAsync(load(t, one, { counts: "bots_transaction|2\n" }), {
    message: "the fixture holds 1 rows of bots_transaction, and 2 were counted when it was written",
  });
  await t.throwsAsync(load(t, one, { target: database(empty(), { counted: (rows) => rows + 1 }) }), {
    message: "table bots_acknowledgement has 1 rows after 0 were loaded",
  });
  await t.notThrowsAsync(load(t, one, { counts: "bots_acknowledgement|0\nbots_transaction|1\n" }));
});

test("a fixture of something else is refused with what is wrong", async (t) => {
  await t.throwsAsync(load(t, one.replace("bots.transaction", "bots.route")), {
    message: "the fixture holds bots.route, for which the database has no table",
  });
  await t.throwsAsync(load(t, one.replace("partner", "colour")), {
    message: 'bots.transaction 1 has the field "colour", and the table has no such column',
  });
  await t.throwsAsync(load(t, one.replace('"ACME"', "[1]")), {
    message: 'the field "partner" of bots.transaction 1 is neither text nor a number',
  });
  await t.throwsAsync(load(t, one.replace('"partner": "ACME"', '"created_at": "yesterday"')), {
    message: 'the field "created_at" of bots.transaction 1 is not a time in UTC: yesterday',
  });
  await t.throwsAsync(load(t, one.replace('"pk": 1, ', "")), {
    message: /^an object of the fixture has no model, pk and fields: /,
  });
});

const objectsOf = async (...pieces: string[]) => {
  const objects = [];
  for await (const object of readObjects(Readable.from(pieces))) objects.push(object);
  return objects;
};

test("objects are found across the borders of pieces, with brackets and quotes in their texts", async (t) => {
  const objects = [
    { model: "a.b", pk: 1, fields: { x: '}]"\\' } },
    { model: "a.b", pk: "k", fields: { y: null } },
  ];
  for (const text of [JSON.stringify(objects), JSON.stringify(objects, null, 2)])
    t.deepEqual(await objectsOf(...text), objects);
  t.deepEqual(await objectsOf("[]"), []);
});

test("a text that is no array of objects, or is cut off, is refused", async (t) => {
  const object = '{"model":"a.b","pk":1,"fields":{}}';
  const refused = {
    '{"model":"a.b"}': ["{", 0],
    "[1]": ["1", 0],
    "[]x": ["x", 0],
    "[][]": ["[", 0],
    [`[,${object}]`]: [",", 0],
    [`[${object},,${object}]`]: [",", 1],
    [`[${object}${object}]`]: ["{", 1],
    [`[${object},]`]: ["]", 1],
    [`[${object}]\0`]: ["\0", 1],
  };
  for (const [text, [sign, read]] of Object.entries(refused))
    await t.throwsAsync(
      objectsOf(text),
      { message: `the fixture is not a JSON array of objects: found "${sign}" after ${read} objects` },
      text,
    );
  for (const [text, read] of [
    ["", 0],
    ["[", 0],
    [`[${object}`, 1],
    [`[${object},`, 1],
    ['[{"model":"a.b"', 0],
  ] as const)
    await t.throwsAsync(
      objectsOf(text),
      { message: `the fixture ends before its array does, after ${read} objects` },
      text,
    );
});

test("an object that is not JSON is refused by its place, and no text of it is repeated", async (t) => {
  const object = '{"model":"a.b","pk":1,"fields":{}}';
  for (const broken of ['{"model":a.b}', '{"pk":01}', '{"a":"\n"}', "{]", '{"a":NaN}'])
    await t.throwsAsync(objectsOf(`[${object},${broken}]`), { message: "object 2 of the fixture is not JSON" }, broken);
});

test("a row keeps its values on the way into a fixture and back", (t) => {
  const model = {
    label: "bots.transaction",
    table: "bots_transaction",
    key: "id",
    columns: new Map(Object.entries(types)),
  };
  const row = transaction(2);
  t.deepEqual(Object.fromEntries(toRow(model, toObject(model, row))), row);
  t.is(
    toRow(model, { model: "", pk: 1, fields: { created_at: "2026-01-09T12:00:00+00:00" } }).get("created_at"),
    "2026-01-09 12:00:00",
  );
});

test("a table that a fixture cannot hold is named, with the way to leave it out", async (t) => {
  const models = (columns: object[], leftOut: string[] = []) =>
    readModels(fakeSession([[/COLUMNS/, columns]]).session, leftOut);
  const column = (name: string, type: string, key_kind: string) => ({ table_name: "bots_file", name, type, key_kind });
  await t.throwsAsync(models([column("a", "int", "PRI"), column("b", "int", "PRI")]), {
    message: "table bots_file has no primary key of one column, so it cannot be in a fixture: exclude bots.file",
  });
  await t.throwsAsync(models([column("id", "int", "PRI"), column("body", "blob", "")]), {
    message: "column bots_file.body is of type blob, which a fixture cannot hold: exclude bots.file",
  });
  t.deepEqual(await models([column("id", "int", "PRI"), column("body", "blob", "")], ["bots.file"]), []);
});

test("labels follow Django's names, and identifiers are quoted", (t) => {
  t.deepEqual(["bots_transaction", "auth_permission", "django_content_type"].map(labelOf), [
    "bots.transaction",
    "auth.permission",
    "contenttypes.contenttype",
  ]);
  t.is(quoted("a`b"), "`a``b`");
});

test("counts are one table in a line", (t) => {
  const counts = new Map([
    ["a", 1],
    ["b", 0],
  ]);
  t.is(writeCounts(counts), "a|1\nb|0\n");
  t.deepEqual(readCounts(writeCounts(counts)), counts);
});
