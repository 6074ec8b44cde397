const foreign: readonly (readonly [RegExp, string])[] = [
  [/===|!==/, "=== is not an operator of CEL"],
  [/\?\./, "?. is not an operator of CEL: write .?"],
  [/\?\?/, "?? is not an operator of CEL"],
  [/=>/, "=> is not an operator of CEL"],
  [/(?<![=!<>])=(?!=)/, "= is not an operator of CEL"],
  [/\b(?:undefined|NaN|\[object Object\])/, "a value of the program stands in the text"],
];
const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * What can be seen to be wrong with an expression without an evaluator: slips that come from writing CEL in TypeScript.
 */
export function celProblems(expression: string): string[] {
  const texts = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs;
  const bare = expression.replace(texts, "“”");
  const escapes = [...expression.matchAll(texts)]
    .flatMap(([text]) => [...text.matchAll(/\\(.)/gs)])
    .filter(([, letter]) => !/[abfnrtv\\"'`?xXuU0-3]/.test(letter ?? ""));
  return [
    ...escapes.map(([escape]) => `${escape} is not an escape in a text of CEL`),
    ...(/["']/.test(bare) ? ["a text has no end"] : []),
    ...foreign.filter(([pattern]) => pattern.test(bare)).map(([, problem]) => problem),
    ...(bracketsMatch(bare) ? [] : ["brackets do not match"]),
  ];
}

function bracketsMatch(text: string): boolean {
  const open: string[] = [];
  for (const [letter] of text.matchAll(/[()[\]{}]/g)) {
    if (closing[letter] !== undefined) open.push(closing[letter]);
    else if (open.pop() !== letter) return false;
  }
  return open.length === 0;
}
