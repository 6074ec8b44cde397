import { answerOf } from "../api-answer.ts";
import { UsageError } from "./errors.ts";

/** Whether something is so. What could not be looked at is neither: it is never shown as well, and never as broken. */
export type Answer = "yes" | "no" | "not measured";

/** One thing that was asked, the answer, and what was seen; for `not measured` the reason. */
export interface Fact {
  readonly about: string;
  readonly answer: Answer;
  readonly detail: string;
}

export const yes = (about: string, detail: string): Fact => ({ about, answer: "yes", detail });
export const no = (about: string, detail: string): Fact => ({ about, answer: "no", detail });
export const notMeasured = (about: string, why: string): Fact => ({ about, answer: "not measured", detail: why });

/**
 * What `look` sees, one fact or several. Where it fails nothing was measured, and the API server's words are the
 * reason.
 */
export async function measured(about: string, look: () => Promise<Fact | readonly Fact[]>): Promise<readonly Fact[]> {
  try {
    return [await look()].flat();
  } catch (error) {
    if (error instanceof UsageError) throw error; // no look will mend what was written
    return [notMeasured(about, answerOf(error))];
  }
}

/**
 * Whether facts prove that all is well. `strict` wants each of them measured; otherwise one is enough, as nothing
 * measured proves nothing.
 */
export const proven = (facts: readonly Fact[], strict: boolean): boolean =>
  facts.some(({ answer }) => answer === "yes") &&
  facts.every(({ answer }) => answer === "yes" || (answer === "not measured" && !strict));

/** How many facts have each answer: `7 yes, 1 no, 2 not measured`. */
export function counted(facts: readonly Fact[]): string {
  const of = (answer: Answer) => facts.filter((fact) => fact.answer === answer).length;
  return (["yes", "no", "not measured"] as const)
    .filter((answer) => answer === "yes" || of(answer) > 0)
    .map((answer) => `${of(answer)} ${answer}`)
    .join(", ");
}
