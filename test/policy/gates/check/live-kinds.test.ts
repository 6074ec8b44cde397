import test from "ava";
import { kindsOf } from "../../../../policies/gates/check/live.ts";
import { fromManifest } from "../../../../policies/model/kubernetes-object.ts";
import { concerns, judge } from "../../../../policies/engine/judge.ts";
import { rulesAsOf } from "../../../../policies/rules/index.ts";
import { parseSettings } from "../../../../policies/engine/settings.ts";
import { indexObjects } from "../../../../policies/model/object-index.ts";
import type { ObjectIndex } from "../../../../policies/model/object-index.ts";
import { fixtures } from "../../fixtures/index.ts";
import { changed, today } from "../../fixtures/fixture.ts";

test("every kind that a rule looks for in a stack is read from a cluster", (t) => {
  const rules = rulesAsOf(today);
  const settings = parseSettings();
  const asked = new Set<string>();
  for (const { rule: id, edits } of fixtures) {
    const rule = rules.find((one) => one.id === id)!;
    const objects = changed(edits).flatMap((manifest) => fromManifest(manifest));
    const stack = indexObjects(objects);
    const recording: ObjectIndex = {
      ...stack,
      inNamespace: (kind, namespace) => stack.inNamespace((asked.add(kind), kind), namespace),
      named: (kind, namespace, name) => stack.named((asked.add(kind), kind), namespace, name),
    };
    for (const object of objects) if (concerns(rule, object.kind)) judge(rule, object, recording, settings, today);
  }
  t.true(asked.has("NetworkPolicy"));
  const read = kindsOf(rules);
  t.deepEqual(
    [...asked].filter((kind) => !read.has(kind)),
    [],
  );
});
