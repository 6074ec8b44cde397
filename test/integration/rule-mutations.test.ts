import test from "ava";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { today } from "../policy/fixtures/fixture.ts";
import { ruleMutants } from "../policy/support/rule-mutants.ts";
import { sweep } from "../policy/support/rule-sweep.ts";
import { celRefutation, checkRefutation } from "../policy/support/rule-trial.ts";

/** Refused mutants in a hundred. Some of the others are no slips: a default of 30 beside one of 31 where only 0 matters. */
const goal = 88;

test("the rules as they are pass the trial that mutants are put to", (t) => {
  for (const rule of rulesAsOf(today)) t.is(checkRefutation(rule) ?? celRefutation(rule), undefined, rule.id);
});

test(`fixtures refuse at least ${goal} % of the slips in rules and their CEL`, async (t) => {
  t.timeout(1_800_000, "each mutant is loaded and put to its fixtures");
  const { judged, alive, percent } = await sweep(ruleMutants());
  t.log(`${judged} mutants, ${percent.toFixed(1)} % refused; not: ${alive.join("; ")}`);
  t.true(percent >= goal);
});
