import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { stackSettings } from "../../../components/configuration.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { valuePaths } from "../../../settings/schema.ts";

const page = readFileSync(join(checkout, "docs/day-two.md"), "utf8");
/** The rows of the tables of settings: patterns of settings, the word, and what happens. */
const rows = page
  .split("\n")
  .filter((line) => /^\| `[^|]*` \| (?!`)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => cells.length === 5)
  .map(([, settings, word, happens]) => ({
    patterns: [...settings!.matchAll(/`([^`]+)`/g)].map(([, pattern]) => pattern!),
    word: word!,
    happens: happens!,
  }));

/** `*` is one name, at the end with all below it; `{a,b}` is one of several. */
const shape = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(".", "\\.")
      .replace(/\*$/, ".+")
      .replaceAll("*", "[^.]+")
      .replace(/\{([^}]*)\}/g, (_, names: string) => `(${names.replaceAll(",", "|")})`)}$`,
  );

const paths = valuePaths(stackSettings);

test("the values of a schema are found in objects, lists, records and every kind of a union, and a refused name is none", (t) => {
  const schema = z.strictObject({
    plain: z.string().default("a"),
    list: z.array(z.string()),
    record: z.record(z.string(), z.string()),
    former: z.undefined().optional(),
    open: z.looseObject({}).optional(),
    deep: z.strictObject({ one: z.int() }).prefault({ one: 1 }),
    kinds: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("a") }),
      z.strictObject({ kind: z.literal("b"), size: z.int() }),
    ]),
    made: z.strictObject({ in: z.int() }).transform((value) => value),
  });
  t.deepEqual(valuePaths(schema), [
    "plain",
    "list",
    "record",
    "open",
    "deep.one",
    "kinds.kind",
    "kinds.size",
    "made.in",
  ]);
});

test("every setting of a stack stands in one row of the day-two page, and no row is about none", (t) => {
  const shapes = rows.flatMap(({ patterns }) => patterns.map((pattern) => ({ pattern, is: shape(pattern) })));
  t.true(paths.length > 300, `${paths.length} settings`);
  t.deepEqual(
    paths.filter((path) => !shapes.some(({ is }) => is.test(path))),
    [],
    "settings without a row",
  );
  t.deepEqual(
    paths.filter(
      (path) => rows.filter(({ patterns }) => patterns.some((pattern) => shape(pattern).test(path))).length > 1,
    ),
    [],
    "settings in two rows",
  );
  t.deepEqual(
    shapes.filter(({ is }) => !paths.some((path) => is.test(path))).map(({ pattern }) => pattern),
    [],
    "rows without a setting",
  );
});

test("every row says what a change is in one of four words, and a refusal and a pause say more", (t) => {
  t.deepEqual(
    rows.filter(({ word }) => !["in place", "rolling", "a pause", "refused"].includes(word)),
    [],
  );
  t.deepEqual(
    rows.filter(({ word, happens }) => word === "a pause" && !/^of .*about \d+ s/.test(happens)),
    [],
  );
  t.deepEqual(
    rows.filter(({ word, happens }) => word === "refused" && !/\]\(#/.test(happens)),
    [],
  );
});

test("every section that a row or a refusal names is there", (t) => {
  const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title!);
  const anchors = sections.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
  t.deepEqual(
    [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!).filter((anchor) => !anchors.includes(anchor)),
    [],
  );
  const named = ["namespaces", "stores", "volumes"].flatMap((file) =>
    [...readFileSync(join(checkout, `components/changes/${file}.ts`), "utf8").matchAll(/steps\("([^"]+)"\)/g)].map(
      ([, title]) => title!,
    ),
  );
  t.deepEqual([...new Set(named)].sort(), [
    "Change the engine of a store",
    "Change the number of Kafka brokers",
    "Move data to another volume",
    "Remove a system",
    "Restore EDI's volume from a snapshot",
  ]);
  t.deepEqual(
    named.filter((title) => !sections.includes(title)),
    [],
  );
});
