import type { Database, Query } from "../../../../workloads/server/data/postgres.ts";

/** What a statement is answered with: rows, or an error to throw. */
export type Answer = (text: string, values: readonly unknown[]) => readonly object[] | Error;

/** A database that answers as told and keeps every statement, with the ends of transactions among them. */
export function scriptedDatabase(answer: Answer) {
  const statements: { readonly text: string; readonly values: readonly unknown[] }[] = [];
  const note = (text: string) => void statements.push({ text, values: [] });
  const query = (async ({ text, values }) => {
    statements.push({ text, values });
    const rows = answer(text, values);
    if (rows instanceof Error) throw rows;
    return [...rows];
  }) as Query;
  const database: Database = {
    query,
    async transaction(work) {
      note("BEGIN");
      try {
        const result = await work(query);
        note("COMMIT");
        return result;
      } catch (error) {
        note("ROLLBACK");
        throw error;
      }
    },
    check: () => ({ name: "postgres", need: "required", run: async () => "connected" }),
    close: async () => {},
  };
  return { database, statements };
}
