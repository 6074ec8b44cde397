import type { ObjectIndex } from "./object-index.ts";

/**
 * A function of a stack and some names whose answers are worked out once for each stack and kept with it. An answer
 * that throws is not kept.
 */
export function keptInIndex<Names extends readonly string[], Answer>(
  answer: (objects: ObjectIndex, ...names: Names) => Answer,
): (objects: ObjectIndex, ...names: Names) => Answer {
  const empty = () => new Map<string, Answer>();
  return (objects, ...names) => {
    const answers = objects.once(empty);
    const key = names.join(" ");
    if (!answers.has(key)) answers.set(key, answer(objects, ...names));
    return answers.get(key) as Answer;
  };
}
