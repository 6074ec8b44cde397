import { readFileSync } from "node:fs";
import test from "ava";
import { policiesPage } from "../../../../policies/gates/check/policies-page.ts";
import { rulesAsOf } from "../../../../policies/rules/index.ts";

const rules = rulesAsOf("2026-03-01");

test("docs/policies.md is what the rules say", (t) => {
  const page = readFileSync(new URL("../../../../docs/policies.md", import.meta.url), "utf8");
  t.true(page === policiesPage(rules), "the rules have changed: run npm run docs");
});

test("the page has a section for each rule, which its table links to", (t) => {
  const page = policiesPage(rules);
  for (const { id } of rules) {
    t.is(page.split(`\n### ${id}\n`).length, 2, id);
    t.is(page.split(`[${id}](#${id.toLowerCase()})`).length, 2, id);
  }
});

test("a section shows the numbers that can be set, with their defaults", (t) => {
  t.true(policiesPage(rules).includes("| `minTimeoutSeconds` | `2` |"));
});
