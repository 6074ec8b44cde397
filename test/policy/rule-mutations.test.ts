import test from "ava";
import { celSlips, codeSlips, ruleMutants } from "./support/rule-mutants.ts";
import { sweep } from "./support/rule-sweep.ts";
import { celRefutation, checkRefutation } from "./support/rule-trial.ts";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { today } from "./fixtures/fixture.ts";

/** One mutant in so many is judged here; integration/rule-mutations judges all. */
const oneIn = 50;

const written = (source: string, slips: ReturnType<typeof codeSlips>) => slips.map(({ start, end, text }) => `${source.slice(0, start)}${text}${source.slice(end)}`);

test("the rules as they are pass the trial that mutants are put to", (t) => {
  for (const rule of rulesAsOf(today)) t.is(checkRefutation(rule) ?? celRefutation(rule), undefined, rule.id);
});

test("a slip of the code is another comparison, connection, number or truth, and never a text or a type", (t) => {
  t.deepEqual(written("if (!a && b < 3) c();", codeSlips("if (!a && b < 3) c();")), [
    "if (!a || b < 3) c();", "if (a && b < 3) c();", "if (!a && b <= 3) c();", "if (!a && b >= 3) c();", "if (!a && b < 4) c();",
  ]);
  t.deepEqual(written("x.some((y) => true)", codeSlips("x.some((y) => true)")), ["x.every((y) => true)", "x.some((y) => false)"]);
  t.deepEqual(codeSlips('const title: 3 | true = "1 < 2 && true";'), []);
});

test("a slip of the CEL is one in a text that holds CEL, outside of its quotation marks", (t) => {
  const source = 'const expression = `${list}.all(port, !has(port.x) || port.n >= 1024 && port.name != "a == 1")`;';
  t.deepEqual(written(source, celSlips(source)).map((text) => text.slice(27, -2)), [
    '.exists(port, !has(port.x) || port.n >= 1024 && port.name != "a == 1")', '.all(port, has(port.x) || port.n >= 1024 && port.name != "a == 1")',
    '.all(port, !has(port.x) && port.n >= 1024 && port.name != "a == 1")', '.all(port, !has(port.x) || port.n > 1024 && port.name != "a == 1")',
    '.all(port, !has(port.x) || port.n < 1024 && port.name != "a == 1")', '.all(port, !has(port.x) || port.n >= 1025 && port.name != "a == 1")',
    '.all(port, !has(port.x) || port.n >= 1024 || port.name != "a == 1")', '.all(port, !has(port.x) || port.n >= 1024 && port.name == "a == 1")',
  ]);
  t.deepEqual(celSlips('const message = "has no limit above 0, and more than 1 replica";'), []);
});

test("fixtures refuse a sample of the rules' mutants", async (t) => {
  const all = ruleMutants();
  const { judged, alive, percent } = await sweep(all.filter((_, index) => index % oneIn === 0));
  t.log(`${judged} of ${all.length} mutants, ${percent.toFixed(1)} % refused; not: ${alive.join("; ") || "none"}`);
  t.true(judged > 25);
  t.true(percent >= 80);
});
