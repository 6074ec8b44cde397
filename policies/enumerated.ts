const format = new Intl.ListFormat("en-GB");

/** Some texts as one: `a`, `a and b`, `a, b and c`. */
export function enumerated(texts: readonly string[]): string {
  return format.format(texts);
}
