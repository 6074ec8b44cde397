import test from "ava";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { settingsSchema } from "../../policies/engine/settings.ts";
import { fixtures } from "./fixtures/index.ts";
import { judged, judgedFixture, line, rejudged, today } from "./fixtures/fixture.ts";

const rules = rulesAsOf(today);

for (const fixture of fixtures) {
  const { rule, title, says } = fixture;
  test(`${rule} ${says.length === 0 ? "accepts" : "blocks"} ${title}, and no other rule objects`, (t) => {
    const report = judgedFixture(fixture);
    const byOthers = report.findings.filter((finding) => finding.rule.id !== rule);
    t.deepEqual(
      [report.findings, byOthers, report.notEvaluated].map((findings) => findings.map(line)),
      [[...says], [], []],
    );
  });
}

test("judging again what changed finds what judging everything finds", (t) => {
  const sample = fixtures.filter(({ numbers }, index) => index % 20 === 0 && numbers === undefined);
  for (const { edits, title } of sample) {
    const [again, whole] = [rejudged(edits), judged(edits)].map(({ findings, notEvaluated }) =>
      [findings, notEvaluated].map((found) => found.map(line)),
    );
    t.deepEqual(again, whole, title);
  }
  t.true(sample.some(({ says }) => says.length > 0) && sample.some(({ says }) => says.length === 0));
});

test("every rule has fixtures that pass and fixtures that fail", (t) => {
  const covered = (passing: boolean) =>
    [...new Set(fixtures.filter(({ says }) => (says.length === 0) === passing).map(({ rule }) => rule))].sort();
  const ids = rules.map(({ id }) => id).sort();
  t.deepEqual(covered(true), ids);
  t.deepEqual(covered(false), ids);
});

test("each number of a rule has a fixture whose verdict is another one with the default", (t) => {
  const numbers = rules.flatMap(({ id }) =>
    Object.keys(settingsSchema(id)?.properties ?? {}).map((name) => `${id}.${name}`),
  );
  const flipped = fixtures
    .filter(({ numbers: own }) => own !== undefined)
    .flatMap(({ rule, edits, numbers: own, says }) => {
      const byDefault = judged(edits)
        .findings.filter((finding) => finding.rule.id === rule)
        .map(line);
      t.notDeepEqual(byDefault, [...says], `${rule} with ${JSON.stringify(own)}`);
      return Object.keys(own!).map((name) => `${rule}.${name}`);
    });
  t.deepEqual([...new Set(flipped)].sort(), numbers.sort());
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
