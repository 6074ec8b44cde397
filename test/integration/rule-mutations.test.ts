import test from "ava";
import { ruleMutants } from "../policy/support/rule-mutants.ts";
import { sweep } from "../policy/support/rule-sweep.ts";

/** Refused mutants in a hundred. Some of the others are no slips: a default of 30 beside one of 31 where only 0 matters. */
const goal = 88;

test(`fixtures refuse at least ${goal} % of the slips in rules and their CEL`, async (t) => {
  t.timeout(1_800_000, "each mutant is loaded and put to its fixtures");
  const { judged, alive, percent } = await sweep(ruleMutants());
  t.log(`${judged} mutants, ${percent.toFixed(1)} % refused; not: ${alive.join("; ")}`);
  t.true(percent >= goal);
});
