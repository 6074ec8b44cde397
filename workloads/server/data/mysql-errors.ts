import { HttpProblem } from "../http/problem.ts";

/** Server errors that mean "not now", besides those of the SQLSTATE classes for connections (08) and logins (28). */
const outages: ReadonlySet<number> = new Set([
  1044,
  1049,
  1129,
  1130, // the database or this client's host is not (yet) let in
  1146, // a table still to come
  1203,
  1226, // too many connections of this user
  1021,
  1114, // no space left
  1205,
  1213, // waited too long for a lock, or the loser of a deadlock
  1290,
  1792,
  1836, // read-only, as in a fail-over
  1317,
  1927,
  1969,
  3024,
  4031, // ended by the server, by hand or by its limits of MariaDB and of MySQL
]);

/** An answer of the server; a connection that broke has no SQLSTATE. */
export const isServerError = (error: unknown): error is Error & { readonly sqlState: string; readonly errno: number } =>
  error instanceof Error && typeof (error as { sqlState?: unknown }).sqlState === "string";

/** Whether an error means "not now" and not "wrong statement": no answer at all, or one that says so. */
export const isOutage = (error: unknown): boolean =>
  !isServerError(error) || /^(08|28)/.test(error.sqlState) || outages.has(error.errno);

/** Whether the server undid a transaction because it and another one waited for each other. */
export const isDeadlock = (error: unknown): boolean =>
  error instanceof HttpProblem && isServerError(error.cause) && error.cause.errno === 1213;

/** Whether a row with the same unique key is there already. */
export const isDuplicate = (error: unknown): boolean => isServerError(error) && error.errno === 1062;

/** What callers get for an outage. */
export const unavailable = (cause: unknown): HttpProblem =>
  new HttpProblem(503, "database_unavailable", "The database cannot answer now.", {
    headers: { "retry-after": "5" },
    cause,
  });
