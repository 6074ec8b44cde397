import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { commands } from "../../../scripts/support/command.ts";

const read = (file: string) => readFileSync(join(checkout, file), "utf8");
const names = Object.keys(commands).sort();

test("each program of scripts/ is in the list of commands, under the name of its file", (t) => {
  const programs = Object.fromEntries(Object.entries(commands).map(([name, { program }]) => [name, program]));
  t.deepEqual(Object.values(programs).sort(), globSync("scripts/*.ts", { cwd: checkout }).sort());
  t.deepEqual(programs, Object.fromEntries(names.map((name) => [name, `scripts/${name.replace(":", "-")}.ts`])));
});

test("each command of the list is a script of npm, and npm has one other for a part of the tests", (t) => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const { "test:unit": part, ...others } = scripts;
  t.deepEqual(others, Object.fromEntries(names.map((name) => [name, `node scripts/run.mjs ${name}`])));
  t.is(part, "node scripts/run.mjs test unit policy");
});

test("README's table has a row for each command of the list, and for no other", (t) => {
  const table = read("README.md").split("\n## Commands\n")[1]!.split("\n## ")[0]!;
  const rows = [...table.matchAll(/^\| `(?:npm run|npm|npx) ([\w:]+)/gm)].map(([, name = ""]) => name);
  t.deepEqual([...new Set(rows)].sort(), [...names, "test:unit"].sort());
});
