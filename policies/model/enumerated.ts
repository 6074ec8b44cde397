let format: Intl.ListFormat | undefined;

/** Some texts as one: `a`, `a and b`, `a, b and c`. */
export function enumerated(texts: readonly string[]): string {
  format ??= new Intl.ListFormat("en-GB"); // only where it is asked for: loading its data takes as long as a hundred modules
  return format.format(texts);
}
