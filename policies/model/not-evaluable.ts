/** Thrown where a rule needs a value that nobody can know yet; the verdict is then "not evaluated", never "passed". */
export class NotEvaluable extends Error {
  override readonly name = "NotEvaluable";
}

/**
 * A value that may not be known yet, or undefined: for indexes, which must not fail on one object that nobody asked
 * about.
 */
export function known<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
