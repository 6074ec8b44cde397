import type { ObjectIndex } from "./object-index.ts";

/**
 * A function of all objects and some names. Each answer is worked out once for an index and kept with it, but for one
 * that throws.
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
