import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { stringify } from "yaml";
import { checkout } from "../../../scripts/support/checkout.ts";
import { parseRunbook, readCoverage } from "../../../scripts/support/coverage.ts";
import { coveragePage } from "../../../scripts/support/coverage-page.ts";
import { coverageProblems, type ReadFile } from "../../support/coverage.ts";

/** How many rows each runbook has; X are those that go for all. */
const counts = { B: 20, P: 14, E: 18, G: 14, T: 14, X: 10 };
const ids = Object.entries(counts).flatMap(([runbook, count]) =>
  Array.from({ length: count }, (_, index) => `${runbook}${String(index + 1).padStart(2, "0")}`),
);

const coverage = readCoverage(checkout);
const inCheckout: ReadFile = (path) =>
  existsSync(join(checkout, path)) ? readFileSync(join(checkout, path), "utf8") : undefined;

test("every row of the runbooks is covered by code and tests that exist, or says which share is open", (t) => {
  t.is(ids.length, 90);
  t.deepEqual(
    coverageProblems(
      coverage.flatMap(({ rows }) => rows),
      ids,
      inCheckout,
    ),
    [],
  );
  t.deepEqual(
    coverage.flatMap(({ letter, rows }) => rows.filter(({ id }) => id[0] !== letter)),
    [],
    "rows in another runbook's file",
  );
});

test("docs/coverage.md is what the data in docs/coverage say", (t) => {
  t.true(
    readFileSync(join(checkout, "docs/coverage.md"), "utf8") === coveragePage(coverage),
    "docs/coverage/*.yaml have changed: run npm run docs",
  );
});

const files: Record<string, string> = {
  "components/api.ts": "export const replicas = 3;",
  "docs/runbooks/api.md": "# API",
  "test/unit/api.test.ts": [
    'import { drill } from "../support/drill.ts";',
    'test("it starts (B01)", () => {});',
    "test.serial('it\\'s \"quick\" | small', () => {});",
    'for (const [stack, pods] of [["dev", "two"], ["prod", "five"]]) test(`${stack}: ${some(pods)} pods start`, () => {});',
    't.true(/x/.test("no title"));',
    "drill();",
  ].join("\n"),
  "test/support/drill.ts": "export const drill = () => test(`a ${'copy'} is drilled`, () => {});",
};
const row = (change: object = {}) => ({
  id: "B01",
  kinds: ["declare"],
  asks: "it starts",
  code: ["components/api.ts"],
  tests: { "unit/api": ["it starts (B01)"] },
  ...change,
});
const open = (...kinds: string[]) => [{ kinds, says: "there is none." }];
/** The problems of rows in a file of data that must hold as many ids. */
const problems = (...rows: object[]) =>
  coverageProblems(
    parseRunbook(stringify({ letter: "B", title: "BGC platform", rows }), "b.yaml").rows,
    ["B01", "B02"].slice(0, Math.max(1, rows.length)),
    (path) => files[path],
  );

test("sound rows have no problem, whatever kinds they have and however their tests are titled", (t) => {
  t.deepEqual(problems(row(), row({ id: "B02" })), []);
  for (const title of [
    'it\'s "quick" | small',
    "prod: five pods start",
    "${stack}: ${some(pods)} pods start",
    "a copy is drilled",
  ]) {
    t.deepEqual(problems(row({ kinds: ["declare", "guard", "fix"], tests: { "unit/api": [title] } })), [], title);
  }
  t.deepEqual(
    problems(
      row({
        kinds: ["declare", "operate"],
        open: [{ kinds: ["operate"], says: "no command. Today the [runbook](runbooks/api.md#start) does it." }],
      }),
    ),
    [],
  );
  t.deepEqual(
    problems(row({ kinds: ["alert", "target"], code: undefined, tests: undefined, open: open("alert", "target") })),
    [],
  );
  t.deepEqual(problems(row({ kinds: ["operate"] })), []);
});

test("a row that is missing, is there twice, belongs to nobody or stands in another's place is reported", (t) => {
  t.deepEqual(problems(row(), row()), ["B02: has no row", "B01: has more than one row"]);
  t.deepEqual(problems(row({ id: "B21" })), ["B01: has no row", "B21: is no row of a runbook"]);
  t.deepEqual(problems(row({ id: "B02" }), row()), ["B01: is not in order"]);
});

test("a row of another shape is refused", (t) => {
  for (const change of [
    { id: "B1" },
    { kinds: ["done"] },
    { kinds: [] },
    { asks: "" },
    { code: [] },
    { tests: { "unit/api": [] } },
    { open: [{ kinds: ["operate"], says: " " }] },
  ]) {
    t.throws(
      () => problems(row(change)),
      { message: /^b\.yaml has another shape than scripts\/support\/coverage\.ts:\n✖ / },
      JSON.stringify(change),
    );
  }
  t.throws(() => problems(row({ proof: "it starts" })), {
    message: 'b.yaml has another shape than scripts/support/coverage.ts:\n✖ Unrecognized key: "proof"\n  → at rows[0]',
  });
});

test("a share that has to be done needs code and a test", (t) => {
  t.deepEqual(problems(row({ kinds: ["declare", "guard"], code: undefined })), ["B01: no code for declare, guard"]);
  t.deepEqual(problems(row({ kinds: ["fix"], tests: undefined })), ["B01: no test for fix"]);
  t.deepEqual(
    problems(row({ kinds: ["declare", "operate"], code: undefined, tests: undefined, open: open("operate") })),
    ["B01: no code for declare", "B01: no test for declare"],
  );
  t.deepEqual(problems(row({ kinds: ["operate", "alert"], code: undefined, tests: undefined, open: open("alert") })), [
    "B01: no code for operate",
    "B01: no test for operate",
  ]);
});

test("what is declared, guarded or fixed cannot be open, and neither can what the row does not ask for", (t) => {
  for (const kind of ["declare", "guard", "fix"])
    t.deepEqual(problems(row({ kinds: [kind], open: open(kind) })), [`B01: ${kind} cannot be open`]);
  t.deepEqual(problems(row({ open: open("operate") })), ["B01: operate cannot be open"]);
});

test("files and tests that do not exist are reported by their names", (t) => {
  t.deepEqual(problems(row({ code: ["components/web.ts"] })), ["B01: components/web.ts does not exist"]);
  t.deepEqual(
    problems(
      row({ kinds: ["operate"], open: [{ kinds: ["operate"], says: "see the [runbook](runbooks/web.md#start)." }] }),
    ),
    ["B01: docs/runbooks/web.md does not exist"],
  );
  t.deepEqual(problems(row({ tests: { "unit/web": ["it starts (B01)"] } })), [
    "B01: test/unit/web.test.ts does not exist",
  ]);
  t.deepEqual(problems(row({ tests: { "unit/api": ["it starts"] } })), [
    'B01: test/unit/api.test.ts has no test "it starts"',
  ]);
  t.deepEqual(problems(row({ tests: { "unit/api": ["no title", "prod: nine pods start"] } })), [
    'B01: test/unit/api.test.ts has no test "no title"',
    'B01: test/unit/api.test.ts has no test "prod: nine pods start"',
  ]);
});

test("the page lists each row in its runbook's table, and its code, its tests and what is open in a section", (t) => {
  const data = parseRunbook(
    stringify({
      letter: "B",
      title: "BGC platform",
      namespace: "data",
      rows: [
        row({
          kinds: ["declare", "operate"],
          code: ["components/api.ts", "docs/runbooks/api.md"],
          open: open("operate"),
        }),
      ],
    }),
    "b.yaml",
  );
  t.deepEqual(coveragePage([data]).split("## B · ")[1]!.split("\n"), [
    "BGC platform, namespace `data`",
    "",
    "| row | kinds | what is asked for | open |",
    "|---|---|---|---|",
    "| [B01](#b01) | declare, operate | it starts | operate |",
    "",
    "### B01",
    "",
    "it starts (declare, operate)",
    "",
    "- code: [components/api.ts](../components/api.ts)",
    "- code: [docs/runbooks/api.md](runbooks/api.md)",
    "- tests in [unit/api](../test/unit/api.test.ts):",
    "  - it starts (B01)",
    "- **open** (operate): there is none.",
    "",
  ]);
});
