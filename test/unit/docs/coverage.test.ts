import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { coverageProblems, type ReadFile } from "../../support/coverage.ts";

/** How many rows each runbook has; X are those that go for all. */
const counts = { B: 20, P: 14, E: 18, G: 14, T: 14, X: 10 };
const ids = Object.entries(counts).flatMap(([runbook, count]) => Array.from({ length: count }, (_, index) => `${runbook}${String(index + 1).padStart(2, "0")}`));

const inCheckout: ReadFile = (path) => (existsSync(join(checkout, path)) ? readFileSync(join(checkout, path), "utf8") : undefined);

test("every row of the runbooks is covered by code and tests that exist, or says which share is open", (t) => {
  t.is(ids.length, 90);
  t.deepEqual(coverageProblems(readFileSync(join(checkout, "docs/coverage.md"), "utf8"), ids, inCheckout), []);
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
const code = "[components/api.ts](../components/api.ts)";
const proof = (title: string, file = "unit/api") => `[${file}](../test/${file}.test.ts) › ${title}`;
const good = `| B01 | declare | it starts | ${code} | ${proof("it starts (B01)")} |`;
const page = (...lines: string[]) => ["| id | kind | what is asked for | code | proof |", "|---|---|---|---|---|", ...lines].join("\n");
const problems = (...lines: string[]) => coverageProblems(page(...lines), ["B01", "B02"].slice(0, Math.max(1, lines.length)), (path) => files[path]);

test("sound rows have no problem, whatever kinds they have and however their tests are titled", (t) => {
  t.deepEqual(problems(good, good.replace("B01 |", "B02 |")), []);
  for (const title of ['it\'s "quick" \\| small', "prod: five pods start", "${stack}: ${some(pods)} pods start", "a copy is drilled"]) {
    t.deepEqual(problems(`| B01 | declare, guard, fix | it starts | ${code}<br>${code} | ${proof(title)} |`), [], title);
  }
  t.deepEqual(problems(`| B01 | declare, operate | it starts | ${code} | ${proof("it starts (B01)")}<br>**open** (operate): no command. Today the [runbook](runbooks/api.md#start) does it. |`), []);
  t.deepEqual(problems("| B01 | alert, target | it starts | | **open** (alert, target): there is none. |"), []);
  t.deepEqual(problems(`| B01 | operate | it starts | ${code} | ${proof("it starts (B01)")} |`), []);
});

test("a row that is missing, is there twice, belongs to nobody or stands in another's place is reported", (t) => {
  const second = good.replace("B01 |", "B02 |");
  t.deepEqual(problems(), ["B01: has no row"]);
  t.deepEqual(problems(good, good), ["B02: has no row", "B01: has more than one row"]);
  t.deepEqual(problems(good.replace("B01 |", "B21 |")), ["B01: has no row", "B21: is no row of a runbook"]);
  t.deepEqual(problems(second, good), ["B01: is not in order"]);
});

test("a row that cannot be read is reported", (t) => {
  t.deepEqual(problems("| B01 | declare | it starts |"), ["B01: has 3 cells instead of id, kind, what is asked for, code, proof"]);
  t.deepEqual(problems(good.replace("| declare |", "| declare, done |")), ['B01: "done" is none of declare, guard, fix, operate, alert, target']);
  t.deepEqual(problems(`| B01 | declare | it starts | ${code}<br>api.ts | ${proof("it starts (B01)")}<br>it starts<br>open: nothing |`), [
    'B01: "api.ts" is neither a file, a test nor an open share',
    'B01: "it starts" is neither a file, a test nor an open share',
    'B01: "open: nothing" is neither a file, a test nor an open share',
  ]);
});

test("a share that has to be done needs code and a test", (t) => {
  t.deepEqual(problems(`| B01 | declare, guard | it starts | | ${proof("it starts (B01)")} |`), ["B01: no code for declare, guard"]);
  t.deepEqual(problems(`| B01 | fix | it starts | ${code} | |`), ["B01: no test for fix"]);
  t.deepEqual(problems("| B01 | declare, operate | it starts | | **open** (operate): no command. |"), ["B01: no code for declare", "B01: no test for declare"]);
  t.deepEqual(problems("| B01 | operate, alert | it starts | | **open** (alert): there is none. |"), ["B01: no code for operate", "B01: no test for operate"]);
});

test("what is declared, guarded or fixed cannot be open, and neither can what the row does not ask for", (t) => {
  for (const kind of ["declare", "guard", "fix"]) {
    t.deepEqual(problems(`| B01 | ${kind} | it starts | ${code} | ${proof("it starts (B01)")}<br>**open** (${kind}): half of it. |`), [`B01: ${kind} cannot be open`]);
  }
  t.deepEqual(problems(good.replace(/ \|$/, "<br>**open** (operate): no command. |")), ["B01: operate cannot be open"]);
});

test("files and tests that do not exist are reported by their names", (t) => {
  t.deepEqual(problems(good.replace("../components/api.ts", "../components/web.ts")), ["B01: components/web.ts does not exist"]);
  t.deepEqual(problems("| B01 | operate | it starts | | **open** (operate): see the [runbook](runbooks/web.md#start). |"), ["B01: docs/runbooks/web.md does not exist"]);
  t.deepEqual(problems(`| B01 | declare | it starts | ${code} | ${proof("it starts (B01)", "unit/web")} |`), ["B01: test/unit/web.test.ts does not exist"]);
  t.deepEqual(problems(good.replace("it starts (B01)", "it starts")), ['B01: test/unit/api.test.ts has no test "it starts"']);
  t.deepEqual(problems(`| B01 | declare | it starts | ${code} | ${proof("no title")}<br>${proof("prod: nine pods start")} |`), ['B01: test/unit/api.test.ts has no test "no title"', 'B01: test/unit/api.test.ts has no test "prod: nine pods start"']);
});
