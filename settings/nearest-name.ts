import leven, { closestMatch } from "leven";

/** Longest list of names that is written out in a message. */
const mostNames = 20;

/**
 * The name that takes the fewest changed letters to become, whatever their case; undefined where there is none to
 * choose from.
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const byLowerCase = new Map(names.toReversed().map((candidate) => [candidate.toLowerCase(), candidate]));
  const nearest = closestMatch(
    name.toLowerCase(),
    names.map((candidate) => candidate.toLowerCase()),
  );
  return nearest === undefined ? undefined : byLowerCase.get(nearest);
}

/** Whether a name is likely a slip of another: at most a share of that one's letters differs, by default half. */
export function isNear(name: string, other: string, share = 0.5): boolean {
  return leven(name.toLowerCase(), other.toLowerCase()) <= other.length * share;
}

/**
 * The nearest name and the list: `the nearest is "b"; there are a, b, c`. Where a list is too long to read, `all` is
 * the place that has it.
 */
export function choice(name: string, names: readonly string[], all?: string): string {
  if (names.length < 2) return names.length === 0 ? "there are none" : `the only one is "${names[0]}"`;
  return `the nearest is "${nearestName(name, names)}"; ${names.length > mostNames && all !== undefined ? `${all} has them all` : `there are ${names.toSorted().join(", ")}`}`;
}
