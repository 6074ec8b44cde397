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
