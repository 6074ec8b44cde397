/**
 * Why something failed, in one line. A connection that was tried on several addresses has its reasons in its parts, and
 * a failed fetch has its reason in its cause.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause) return reasonOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.message || error.name;
}
