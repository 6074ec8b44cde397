import test from "ava";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { fixtures } from "./fixtures/index.ts";
import { judged, line, rejudged, today } from "./fixtures/fixture.ts";

const rules = rulesAsOf(today);

for (const { rule, title, edits, says } of fixtures) {
  test(`${rule} ${says.length === 0 ? "accepts" : "blocks"} ${title}, and no other rule objects`, (t) => {
    const report = rejudged(edits);
    const byOthers = report.findings.filter((finding) => finding.rule.id !== rule);
    t.deepEqual([report.findings, byOthers, report.notEvaluated].map((findings) => findings.map(line)), [[...says], [], []]);
  });
}

test("judging again what changed finds what judging everything finds", (t) => {
  const sample = fixtures.filter((_, index) => index % 20 === 0);
  for (const { edits, title } of sample) {
    const [again, whole] = [rejudged(edits), judged(edits)].map(({ findings, notEvaluated }) => [findings, notEvaluated].map((found) => found.map(line)));
    t.deepEqual(again, whole, title);
  }
  t.true(sample.some(({ says }) => says.length > 0) && sample.some(({ says }) => says.length === 0));
});

test("every rule has fixtures that pass and fixtures that fail", (t) => {
  const covered = (passing: boolean) => [...new Set(fixtures.filter(({ says }) => (says.length === 0) === passing).map(({ rule }) => rule))].sort();
  const ids = rules.map(({ id }) => id).sort();
  t.deepEqual(covered(true), ids);
  t.deepEqual(covered(false), ids);
});

test("the good stack breaks no rule and leaves no verdict open", (t) => {
  const { findings, excepted, notEvaluated, counts } = judged([]);
  t.deepEqual([findings, excepted, notEvaluated], [[], [], []]);
  t.is(counts.objects, 34);
  t.true(counts.evaluations > 200);
});

test("rules have unique ids that fit into an annotation, and begin with their row", (t) => {
  t.is(new Set(rules.map(({ id }) => id)).size, rules.length);
  for (const { id, row, remediation, rationale } of rules) {
    t.true(id.startsWith(`${row[0]}-`), id);
    t.regex(`exception.${id}`, /^[A-Za-z0-9][\w.-]{0,61}[A-Za-z0-9]$/);
    t.true(remediation.length > 0 && rationale.endsWith("."), id);
  }
});
