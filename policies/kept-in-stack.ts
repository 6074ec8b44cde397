import type { Stack } from "./stack.ts";

/**
 * A function of a stack and some names whose answers are worked out once for each stack and kept with it. An answer
 * that throws is not kept.
 */
export function keptInStack<Names extends readonly string[], Answer>(
  answer: (stack: Stack, ...names: Names) => Answer,
): (stack: Stack, ...names: Names) => Answer {
  const empty = () => new Map<string, Answer>();
  return (stack, ...names) => {
    const answers = stack.once(empty);
    const key = names.join(" ");
    if (!answers.has(key)) answers.set(key, answer(stack, ...names));
    return answers.get(key) as Answer;
  };
}
