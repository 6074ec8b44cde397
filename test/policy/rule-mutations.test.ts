import test from "ava";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { parseSettings } from "../../policies/engine/settings.ts";
import { ruleMutants, sampleOf } from "./support/rule-mutants.ts";
import { sweep } from "./support/rule-sweep.ts";
import { celRefutation } from "./support/rule-trial.ts";
import { celSlips, codeSlips } from "./support/slips.ts";
import { today } from "./fixtures/fixture.ts";

const rules = rulesAsOf(today);
const all = ruleMutants();

const written = (source: string, slips: ReturnType<typeof codeSlips>) =>
  slips.map(({ start, end, text }) => `${source.slice(0, start)}${text}${source.slice(end)}`);

test("a slip of the code is another comparison, connection, number or truth, and never a text or a type", (t) => {
  t.deepEqual(written("if (!a && b < 3) c();", codeSlips("if (!a && b < 3) c();")), [
    "if (!a || b < 3) c();",
    "if (a && b < 3) c();",
    "if (!a && b <= 3) c();",
    "if (!a && b >= 3) c();",
    "if (!a && b < 4) c();",
  ]);
  t.deepEqual(written("x.some((y) => true)", codeSlips("x.some((y) => true)")), [
    "x.every((y) => true)",
    "x.some((y) => false)",
  ]);
  t.deepEqual(codeSlips('const title: 3 | true = "1 < 2 && true";'), []);
});

test("a slip of the CEL is one in a text that holds CEL, outside of its quotation marks", (t) => {
  const source = 'const expression = `${list}.all(port, !has(port.x) || port.n >= 1024 && port.name != "a == 1")`;';
  t.deepEqual(
    written(source, celSlips(source)).map((text) => text.slice(27, -2)),
    [
      '.exists(port, !has(port.x) || port.n >= 1024 && port.name != "a == 1")',
      '.all(port, has(port.x) || port.n >= 1024 && port.name != "a == 1")',
      '.all(port, !has(port.x) && port.n >= 1024 && port.name != "a == 1")',
      '.all(port, !has(port.x) || port.n > 1024 && port.name != "a == 1")',
      '.all(port, !has(port.x) || port.n < 1024 && port.name != "a == 1")',
      '.all(port, !has(port.x) || port.n >= 1025 && port.name != "a == 1")',
      '.all(port, !has(port.x) || port.n >= 1024 || port.name != "a == 1")',
      '.all(port, !has(port.x) || port.n >= 1024 && port.name == "a == 1")',
    ],
  );
  t.deepEqual(celSlips('const message = "has no limit above 0, and more than 1 replica";'), []);
});

test("no CEL of a rule can be turned round, or say yes or no to everything, without a fixture that refuses it", (t) => {
  const settings = parseSettings();
  let count = 0;
  for (const rule of rules) {
    if ("beyondCel" in rule.admission) continue;
    const checks = typeof rule.admission === "function" ? rule.admission(settings) : rule.admission;
    for (const [at, { message }] of checks.entries()) {
      for (const [name, slip] of [
        ["turned round", (expression: string) => `!(${expression})`],
        ["always true", () => "true"],
        ["always false", () => "false"],
      ] as const) {
        count += 1;
        const admission = checks.map((check, index) =>
          index === at ? { ...check, expression: slip(`${check.expression}`) } : check,
        );
        t.not(celRefutation({ ...rule, admission }), undefined, `${rule.id}, "${message}", ${name}`);
      }
    }
  }
  t.true(count > 500);
  t.log(`${count} slips of ${rules.length} rules`);
});

test("mutants are loaded from the text with the slip, and a shared text reaches the rules that use it", async (t) => {
  const tried = async (change: string) => sweep(all.filter((mutant) => mutant.change.replace(/:\d+/, "") === change));
  t.deepEqual(await tried("policies/rules/workload/jobs.ts 10 becomes 11"), { judged: 1, alive: [], percent: 100 });
  t.deepEqual(await tried("policies/rules/workload/jobs.ts CEL >= becomes >"), { judged: 1, alive: [], percent: 100 });
  t.deepEqual(await tried("policies/cel/pods.ts CEL true becomes false"), { judged: 1, alive: [], percent: 100 });
});

test("at least 95 % of a sample of all slips that there are in the rules are refused by a fixture", async (t) => {
  const { judged, alive, percent } = await sweep(sampleOf(all, 40));
  t.true(judged > 40);
  t.true(percent >= 95, alive.join("\n"));
  t.log(`${judged - alive.length} of ${judged} slips refused${alive.length === 0 ? "" : `; not ${alive.join(", ")}`}`);
});
