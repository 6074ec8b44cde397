/** The place that has the steps of a way. */
export const steps = (section: string): string => `docs/day-two.md has the steps, under "${section}"`;

/** All problems in one text, each on a line. */
export const refusal = (problems: readonly string[]): string =>
  [
    `the stack's configuration asks for ${problems.length} change${problems.length === 1 ? "" : "s"} that what runs cannot take, and nothing was changed:`,
    ...problems.map((problem) => `  ${problem}`),
  ].join("\n");
