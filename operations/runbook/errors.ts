/** What a person wrote cannot be meant. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Nothing was changed, for all of these reasons. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** A person or another run ended it between two looks. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
