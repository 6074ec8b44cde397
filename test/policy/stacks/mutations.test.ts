import test from "ava";
import { judgedMutants, unexplained } from "../support/judged-mutants.ts";
import { survivors } from "../support/mutation-survivors.ts";

const places = new Set<string>();
const firstOf = (place: string) => places.size < places.add(place).size;

// The rest is judged by integration/gates/mutations; a namespace that both stacks have is looked at in dev.
const judged = () => judgedMutants(({ change }, { metadata }) => firstOf(`${change} ${metadata.namespace}`));
let stacks: ReturnType<typeof judged> | undefined;

test("each way to weaken an object of our own stacks is blocked where it is first found in a namespace, or has a reason", async (t) => {
  for (const { name, mutants } of await (stacks ??= judged())) {
    t.log(`${mutants.length} mutants of ${name}`);
    t.true(mutants.length > 50);
    t.deepEqual(unexplained(mutants), []);
    t.deepEqual(
      mutants.filter((mutant) => mutant.blocked && survivors.some(mutant.isOf)).map(({ where }) => where),
      [],
    );
  }
});

test("judging what a change can reach gives the same verdict as judging the whole stack", async (t) => {
  for (const { judged: stack, mutants } of await (stacks ??= judged())) {
    for (const mutant of [mutants.find(({ blocked }) => blocked)!, mutants.find(({ blocked }) => !blocked)!])
      t.is(stack.blocksAsAWhole(mutant), mutant.blocked, mutant.where);
  }
});
