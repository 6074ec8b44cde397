import test from "ava";
import { ratio, spread } from "../../../scripts/support/statistics.ts";

test("the spread of an odd number of values has the middle one, in whatever order they come", (t) => {
  const measured = [30, 10, 20];
  t.deepEqual(spread(measured), { median: 20, min: 10, max: 30 });
  t.deepEqual(measured, [30, 10, 20], "the values themselves keep their order");
});

test("the median of an even number of values lies between the two in the middle", (t) => {
  t.deepEqual(spread([9, 1, 2, 4]), { median: 3, min: 1, max: 9 });
});

test("values are compared as numbers, not as texts", (t) => {
  t.deepEqual(spread([9, 100, 20]), { median: 20, min: 9, max: 100 });
});

test("a single value is its own median", (t) => {
  t.deepEqual(spread([7]), { median: 7, min: 7, max: 7 });
});

test("no value at all is refused", (t) => {
  t.throws(() => spread([]), { message: "nothing was measured: a spread needs at least one value" });
});

test("a ratio divides the medians and nothing else", (t) => {
  t.is(ratio({ median: 9, min: 1, max: 100 }, { median: 3, min: 2, max: 4 }), 3);
  t.is(ratio(spread([1]), spread([4])), 0.25);
});

test("a ratio to nothing is refused", (t) => {
  t.throws(() => ratio(spread([1]), spread([0])), {
    message: "a ratio to a median of 0 means nothing: what was measured is shorter than the clock can tell",
  });
});
