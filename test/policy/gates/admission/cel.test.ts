import test from "ava";
import { admissionGate } from "../../../../policies/gates/admission/gate.ts";
import { fromManifest } from "../../../../policies/model/kubernetes-object.ts";
import type { Manifest } from "../../../../policies/model/kubernetes-object.ts";
import { concerns, judge } from "../../../../policies/engine/judge.ts";
import { rulesAsOf } from "../../../../policies/rules/index.ts";
import { parseSettings } from "../../../../policies/engine/settings.ts";
import { indexObjects } from "../../../../policies/model/object-index.ts";
import { changed, settingsOf, today } from "../../fixtures/fixture.ts";
import { fixtures } from "../../fixtures/index.ts";
import { asked, celRefusals, evaluateCel } from "../../support/cel.ts";

const rules = rulesAsOf(today);
const good = changed([]) as Manifest[];
const untouched = new Set(good);

test("each policy lets every object of the good stack pass", (t) => {
  const { guarded } = admissionGate(rules, parseSettings());
  let count = 0;
  for (const { rule, policy } of guarded) {
    for (const manifest of good.filter(({ kind = "" }) => concerns(rule, kind))) {
      count += 1;
      t.deepEqual(
        celRefusals(policy, manifest, asked(manifest, good)),
        [],
        `${rule.id}: ${manifest.kind} ${manifest.metadata?.name}`,
      );
    }
  }
  t.true(count > 500);
  t.log(`${guarded.length} policies, ${count} objects`);
});

test("what CEL says of every fixture is what the rule says, with the fixture's own numbers", (t) => {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const counts = { refused: 0, accepted: 0 };
  const refusing = new Set<string>();
  for (const fixture of fixtures) {
    const { rule: id, title, edits } = fixture;
    const settings = settingsOf(fixture);
    const [guarded] = admissionGate([byId.get(id)!], settings).guarded;
    if (guarded === undefined) continue;
    const all = changed(edits) as Manifest[];
    const stack = indexObjects(all.flatMap((manifest) => fromManifest(manifest)));
    for (const manifest of all.filter(
      (each) => (fixture.numbers !== undefined || !untouched.has(each)) && concerns(guarded.rule, each.kind ?? ""),
    )) {
      const found = fromManifest(manifest).some(
        (object) => judge(guarded.rule, object, stack, settings, today).findings.length > 0,
      );
      const refusals = celRefusals(guarded.policy, manifest, asked(manifest, all));
      t.is(
        refusals.length > 0,
        found,
        `${id}: ${title}: ${manifest.kind} ${manifest.metadata?.name}\n${refusals.join("\n")}`,
      );
      for (const text of refusals) t.true(text.includes(` [${id}]; why: ${guarded.rule.rationale} fix: `), text);
      counts[found ? "refused" : "accepted"] += 1;
      if (found) refusing.add(id);
    }
  }
  const never = admissionGate(rules, parseSettings())
    .guarded.map(({ rule }) => rule.id)
    .filter((id) => !refusing.has(id));
  t.deepEqual(never, []);
  t.log(`${counts.refused} objects refused, ${counts.accepted} accepted`);
});

test("the evaluator knows what the API server adds to CEL, and takes whole numbers, patterns and missing fields as it does", (t) => {
  const value = (expression: string, object: object = {}) => evaluateCel(expression, { object });
  t.true(value('quantity("1Gi").isGreaterThan(quantity("1G"))'));
  t.false(value('quantity("500m").isLessThan(quantity(0.5))'));
  t.true(value(String.raw`"a reason\n; until=2026-03-01".matches("(?s)^.*\\p{L}{2}.*until=\\d{4}")`));
  t.is(value('"sleep 5; sleep 7".find("[0-9]+")'), "5");
  t.deepEqual(value('"sleep 5; sleep 7".findAll("[0-9]+", 1)'), ["5"]);
  t.is(value('["a", "b"].indexOf("b")'), 1n);
  t.is(value("[1.5, 2.5].sum()"), 4);
  t.true(value("object.?spec.?port.orValue(0) == 0 && !has(object.spec)"));
  t.throws(() => value("object.spec.port == 1"), { message: /No such key: spec/ });
  t.throws(() => value("nobody.knows(1)"), { message: /[uU]nknown|no matching/ });
});
