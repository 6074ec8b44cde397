/** What repeated measurements of one thing say. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle and the ends of measured values, in whatever order they come. Throws when there is none. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined)
    throw new Error("nothing was measured: a spread needs at least one value");
  const half = sorted.length / 2;
  // An even number of values has two in the middle.
  const [low, high] = [sorted[Math.ceil(half) - 1] ?? min, sorted[Math.floor(half)] ?? max];
  return { median: (low + high) / 2, min, max };
}

/** How many times the one median is the other. Throws when there is nothing to divide by. */
export function ratio(of: Spread, to: Spread): number {
  if (to.median === 0)
    throw new Error("a ratio to a median of 0 means nothing: what was measured is shorter than the clock can tell");
  return of.median / to.median;
}
