import test from "ava";
import { fromManifest } from "../../policies/kubernetes-object.ts";
import { evaluate } from "../../policies/pack.ts";
import { parseSettings } from "../../policies/settings.ts";
import { stackObjects } from "../support/objects.ts";
import { line, today } from "./fixtures/fixture.ts";

test("our own prod stack passes every rule, without an exception and with no verdict left open", async (t) => {
  const objects = (await stackObjects("prod")).flatMap((manifest) => fromManifest(manifest));
  const { findings, excepted, notEvaluated, counts } = evaluate(objects, parseSettings(), today);
  t.deepEqual([...findings, ...excepted, ...notEvaluated].map(line), []);
  t.true(counts.objects > 40 && counts.evaluations > 200);
});
