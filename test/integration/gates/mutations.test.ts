import test from "ava";
import { judgedMutants, unexplained } from "../../policy/support/judged-mutants.ts";
import { survivors } from "../../policy/support/mutation-survivors.ts";

/** Blocked mutants in a hundred. */
const goal = 95;
/** One mutant in so many is judged by the whole stack as well. */
const sampled = 300;

const stacks = await judgedMutants(() => true);
const mutants = stacks.flatMap((stack) => stack.mutants);
const alive = mutants.filter(({ blocked }) => !blocked);
const blocked = mutants.length - alive.length;

test(`at least ${goal} % of the mutants of our own stacks are blocked`, (t) => {
  const percent = (100 * blocked) / mutants.length;
  t.log(
    `${mutants.length} mutants of ${stacks.map(({ name, objects }) => `${objects.length} objects of ${name}`).join(" and ")}: ${blocked} blocked, ${alive.length} not, ${percent.toFixed(1)} %`,
  );
  for (const known of survivors) {
    t.log(
      `${alive.filter((mutant) => mutant.isOf(known)).length} not blocked, because ${known.reason}: ${known.changes.join("; ")}`,
    );
  }
  t.true(percent >= goal);
});

test("every mutant that is not blocked has a reason", (t) => {
  t.deepEqual(unexplained(mutants), []);
});

test("every reason is one of mutants that exist, and that are all not blocked", (t) => {
  for (const known of survivors) {
    for (const change of known.changes) {
      const covered = mutants.filter((mutant) => mutant.change === change && mutant.isOf(known));
      t.true(covered.length > 0, `${change}: no mutant`);
      t.deepEqual(
        covered.filter((mutant) => mutant.blocked).map(({ where }) => where),
        [],
        `${change}: blocked`,
      );
    }
  }
});

test("judging what a change can reach gives the same verdict as judging the whole stack", (t) => {
  for (const { judged, mutants: own } of stacks) {
    const sample = own.filter((_, index) => index % sampled === 0);
    t.true(sample.some((mutant) => mutant.blocked));
    for (const mutant of sample) t.is(judged.blocksAsAWhole(mutant), mutant.blocked, mutant.where);
  }
});
