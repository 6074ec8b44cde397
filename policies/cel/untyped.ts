/**
 * An expression in which `object` has no type. The API server's type checker holds every expression against every kind
 * of its policy: a field
 * that only some of the kinds have would be a warning, although no other kind is asked for it.
 */
export function untyped(expression: string): string {
  const textOrObject = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w.?])object\b/gs;
  return expression.replace(textOrObject, (found) => (found === "object" ? "dyn(object)" : found));
}
