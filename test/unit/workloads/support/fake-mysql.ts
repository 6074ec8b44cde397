import type { Session, Statements, Written } from "../../../../workloads/server/data/mysql-session.ts";
import type { Sql } from "../../../../workloads/server/data/postgres.ts";

/** Rows, what a write did, or the error it fails with. */
export type FakeAnswer = readonly object[] | Written | Error;

/** An error as the server gives it. */
export const serverError = (errno: number, message = "failed"): Error =>
  Object.assign(new Error(message), { errno, sqlState: "HY000" });

/**
 * A session that answers by the first pattern that a statement matches, with no rows and one row written otherwise. It
 * keeps every statement in `calls`, and the borders of transactions between them.
 */
export function fakeSession(
  answers: readonly (readonly [RegExp, FakeAnswer | ((values: readonly unknown[]) => FakeAnswer)])[] = [],
) {
  const calls: Sql[] = [];
  async function send(statement: Sql): Promise<FakeAnswer | undefined> {
    calls.push({ text: statement.text.replace(/\s+/g, " "), values: statement.values });
    const [, answer] = answers.find(([pattern]) => pattern.test(statement.text)) ?? [];
    const result = typeof answer === "function" ? answer(statement.values) : answer;
    if (result instanceof Error) throw result;
    return result;
  }
  const statements: Statements = {
    query: async <Row extends object>(statement: Sql) => ((await send(statement)) ?? []) as Row[],
    write: async (statement) => ((await send(statement)) ?? { id: 1, rows: 1 }) as Written,
  };
  const border = (text: string) => void calls.push({ text, values: [] });
  const session: Session = {
    ...statements,
    async transaction(work) {
      border("BEGIN");
      try {
        const result = await work(statements);
        border("COMMIT");
        return result;
      } catch (error) {
        border("ROLLBACK");
        throw error;
      }
    },
  };
  /** The beginnings of all statements, in order. */
  const sent = (length = 24) => calls.map(({ text }) => text.slice(0, length).trim());
  return {
    session,
    calls,
    sent,
    valuesOf: (pattern: RegExp) => calls.filter(({ text }) => pattern.test(text)).map(({ values }) => values),
  };
}
