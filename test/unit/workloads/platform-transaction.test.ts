import test from "ava";
import { DatabaseError } from "pg";
import { transactionOn } from "../../../workloads/server/data/postgres.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";

type Reply = Error | { command?: string; rows?: object[] };

/** A pool of one connection that answers statements as told and notes what it was asked. */
function pool(replies: Record<string, Reply> = {}) {
  const asked: unknown[][] = [];
  const released: (Error | undefined)[] = [];
  let onError: ((error: Error) => void) | undefined;
  const client = {
    query: async (text: string, values?: unknown[]) => {
      asked.push(values ? [text, values] : [text]);
      const reply = replies[text] ?? { command: text, rows: [] };
      if (reply instanceof Error) throw reply;
      return reply;
    },
    on: (_: "error", listener: (error: Error) => void) => void (onError = listener),
    off: () => void (onError = undefined),
    release: (broken?: Error) => void released.push(broken),
  };
  return {
    asked,
    released,
    listening: () => onError !== undefined,
    breakDown: (error: Error) => onError!(error),
    connections: { connect: async () => client } as unknown as Parameters<typeof transactionOn>[0],
  };
}

const failure = (code: string) => Object.assign(new DatabaseError("failed", 1, "error"), { code });
const insert = { text: "INSERT", values: [1] };

test("the statements of a transaction stand between BEGIN and COMMIT on one connection, which goes back whole", async (t) => {
  const { connections, asked, released, listening } = pool({ INSERT: { rows: [{ id: 7 }] } });
  t.deepEqual(await transactionOn(connections, async (query) => (await query<{ id: number }>(insert))[0]!.id), 7);
  t.deepEqual(asked, [["BEGIN"], ["INSERT", [1]], ["COMMIT"]]);
  t.deepEqual(released, [undefined]);
  t.false(listening());
});

test("what the work rejects with is what the caller gets, after a rollback", async (t) => {
  const { connections, asked, released } = pool();
  const problem = new HttpProblem(404, "unknown", "Unknown.");
  t.is(
    await t.throwsAsync(
      transactionOn(connections, async () => {
        throw problem;
      }),
    ),
    problem,
  );
  t.deepEqual(asked, [["BEGIN"], ["ROLLBACK"]]);
  t.deepEqual(released, [undefined]);
});

test("an ordinary error of the work is not taken for an outage", async (t) => {
  await t.throwsAsync(
    transactionOn(pool().connections, async () => {
      throw new TypeError("a mistake");
    }),
    { instanceOf: TypeError },
  );
});

test("a refused statement keeps its own error and undoes the transaction", async (t) => {
  const { connections, asked } = pool({ INSERT: failure("23505") });
  await t.throwsAsync(
    transactionOn(connections, (query) => query(insert)),
    { instanceOf: DatabaseError },
  );
  t.deepEqual(asked.at(-1), ["ROLLBACK"]);
});

test("work that goes on after a failed statement is told that nothing holds", async (t) => {
  const { connections } = pool({ INSERT: failure("23505"), COMMIT: { command: "ROLLBACK" } });
  await t.throwsAsync(
    transactionOn(connections, (query) => query(insert).catch(() => "went on")),
    { message: /^the transaction was undone/ },
  );
});

test("a database that cannot be reached is a 503", async (t) => {
  const away = { connect: () => Promise.reject(new Error("connect ECONNREFUSED")) };
  t.like(await t.throwsAsync(transactionOn(away, async () => t.fail("ran without a connection"))), {
    status: 503,
    code: "database_unavailable",
  });
});

test("a connection lost at COMMIT is a 503 and never goes back to the pool", async (t) => {
  const lost = new Error("Connection terminated unexpectedly");
  const { connections, released } = pool({ COMMIT: lost, ROLLBACK: lost });
  t.like(await t.throwsAsync(transactionOn(connections, (query) => query(insert))), { status: 503, cause: lost });
  t.deepEqual(released, [lost]);
});

test("a connection that breaks between two statements ends the transaction and not the process", async (t) => {
  const lost = new Error("terminating connection due to administrator command");
  const { connections, released, breakDown } = pool({
    INSERT: new Error("Client has encountered a connection error and is not queryable"),
  });
  const problem = await t.throwsAsync(
    transactionOn(connections, async (query) => {
      breakDown(lost);
      await query(insert);
    }),
  );
  t.like(problem, { status: 503 });
  t.deepEqual(released, [lost]);
});
