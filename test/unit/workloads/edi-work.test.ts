import test from "ava";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { boundOf, readTally } from "../../../workloads/server/edi/tally.ts";
import { workOne } from "../../../workloads/server/edi/work.ts";
import { workForEver } from "../../../workloads/server/edi/queue-worker.ts";
import { purchaseOrder } from "./support/edi-payloads.ts";
import { type FakeAnswer, fakeSession, serverError } from "./support/fake-mysql.ts";
import { testRuntime } from "./support/server.ts";

const claim = /FOR UPDATE SKIP LOCKED/;
const row = { id: 7, editype: "x12", messagetype: "850", payload: purchaseOrder };
const options = { worker: "bots-jobqueue-1", maxAttempts: 3, now: () => new Date("2026-01-09T12:00:00Z") };

/** A queue with one transaction that has failed `attempts` times. */
const queue = (
  transaction: object = row,
  { attempts = 0, state = "pending", others = [] as [RegExp, FakeAnswer][] } = {},
) => fakeSession([...others, [claim, [transaction]], [/^SELECT attempts, state/, [{ attempts, state }]]]);

test("the claim, the result, the state and the count are one transaction", async (t) => {
  const { session, sent, calls, valuesOf } = queue();
  const outcome = await workOne(session, options);
  t.like(outcome, { id: 7, editype: "x12", state: "done" });
  t.deepEqual(
    sent(33),
    [
      "BEGIN",
      "SELECT id, editype, messagetype,",
      "INSERT INTO bots_acknowledgement",
      "UPDATE bots_transaction SET state",
      "INSERT INTO bots_tally (slot, stat",
      "COMMIT",
    ].map((text) => text.slice(0, 33)),
  );
  t.regex(
    calls[1]!.text,
    /WHERE state = 'pending' AND next_attempt_at <= UTC_TIMESTAMP\(6\) ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED$/,
  );
  const [acknowledgement = []] = valuesOf(/^INSERT INTO bots_acknowledgement/);
  t.deepEqual(
    [acknowledgement[0], acknowledgement[1], acknowledgement[3], acknowledgement[4]],
    [7, "997", 8, "bots-jobqueue-1"],
  );
  t.is(acknowledgement[2], outcome?.state === "done" ? outcome.body : "");
  const [[state, reason, seconds, id] = []] = valuesOf(/^UPDATE bots_transaction/);
  t.deepEqual([state, reason, id], ["done", null, 7]);
  t.true((seconds as number) > 0 && (seconds as number) < 1);
});

test("an empty queue changes nothing", async (t) => {
  const { session, sent } = fakeSession();
  t.is(await workOne(session, options), undefined);
  t.deepEqual(sent(6), ["BEGIN", "SELECT", "COMMIT"]);
});

test("an invalid payload is an error at once, with its reason and no result", async (t) => {
  const { session, valuesOf, sent } = queue({ ...row, payload: purchaseOrder.replace("SE*4", "SE*9") });
  const reason = "SE of 0001 says 9 for its number of segments, there are 4";
  t.deepEqual(await workOne(session, options), { id: 7, editype: "x12", state: "error", reason });
  t.deepEqual(valuesOf(/^INSERT INTO bots_acknowledgement/), []);
  t.deepEqual(valuesOf(/^UPDATE bots_transaction/)[0]?.slice(0, 2), ["error", reason]);
  t.is(valuesOf(/^INSERT INTO bots_tally/)[0]?.[1], "error");
  t.is(sent().at(-1), "COMMIT");
});

const broken = {
  ...options,
  answer: () => {
    throw new TypeError("no such field");
  },
};

test("a failed attempt is undone, counted, and put off", async (t) => {
  const { session, sent, valuesOf } = queue(row, { attempts: 1 });
  t.deepEqual(await workOne(session, broken), { id: 7, editype: "x12", state: "pending", reason: "no such field" });
  t.deepEqual(sent(16), [
    "BEGIN",
    "SELECT id, edity",
    "ROLLBACK",
    "BEGIN",
    "SELECT attempts,",
    "UPDATE bots_tran",
    "COMMIT",
  ]);
  t.deepEqual(valuesOf(/next_attempt_at = UTC_TIMESTAMP\(6\) \+ INTERVAL/), [[2, "no such field", 20, 7]]);
  t.deepEqual(valuesOf(/bots_tally/), []);
});

test("the last failed attempt makes the transaction an error", async (t) => {
  const { session, valuesOf } = queue(row, { attempts: 2 });
  t.deepEqual(await workOne(session, broken), { id: 7, editype: "x12", state: "error", reason: "no such field" });
  t.deepEqual(valuesOf(/SET state = 'error'/), [[3, "no such field", 7]]);
  t.is(valuesOf(/bots_tally/).length, 1);
});

test("a failure does not touch a transaction that another worker finished meanwhile", async (t) => {
  const { session, valuesOf } = queue(row, { state: "done" });
  await workOne(session, broken);
  t.deepEqual(valuesOf(/^UPDATE/), []);
});

test("a second result for a transaction is impossible, and visible as its reason", async (t) => {
  const { session, valuesOf } = queue(row, {
    attempts: 2,
    others: [[/^INSERT INTO bots_acknowledgement/, serverError(1062, "Duplicate entry '7' for key 'transaction_id'")]],
  });
  t.like(await workOne(session, options), { state: "error", reason: "Duplicate entry '7' for key 'transaction_id'" });
  t.deepEqual(valuesOf(/SET state = 'error'/)[0]?.[2], 7);
});

test("an outage is no fault of the transaction", async (t) => {
  const away = new HttpProblem(503, "database_unavailable", "The database cannot answer now.");
  const { session, sent } = queue(row, { others: [[/^INSERT INTO bots_acknowledgement/, away]] });
  await t.throwsAsync(workOne(session, options), { is: away });
  t.deepEqual(sent(6), ["BEGIN", "SELECT", "INSERT", "ROLLBA"]);
});

test("a duration falls under the next bound", (t) => {
  t.deepEqual([0, 0.005, 0.0051, 30, 30.1, 120, 121, 301].map(boundOf), [
    "0.005",
    "0.005",
    "0.01",
    "30",
    "60",
    "120",
    "300",
    "+Inf",
  ]);
});

test("the tally adds up what every slot counted", async (t) => {
  const rows = [
    { state: "done", le: "0.005", transactions: "40", seconds: 0.1 },
    { state: "done", le: "30", transactions: "2", seconds: 40 },
    { state: "error", le: "0.005", transactions: "3", seconds: 0.01 },
  ];
  const { done, error, seconds, under } = await readTally(fakeSession([[/bots_tally/, rows]]).session);
  t.deepEqual(
    [done, error, Math.round(seconds * 100), under],
    [
      42,
      3,
      4011,
      new Map([
        ["0.005", 43],
        ["30", 2],
      ]),
    ],
  );
});

test("a worker goes on at once after work, waits when there is none, and survives a failure", async (t) => {
  const { log, lines } = testRuntime();
  const answers = [true, true, new Error("away"), false];
  let calls = 0;
  const enough = new Promise<void>((resolve) => {
    const worker = workForEver(
      async () => {
        const answer = answers[calls];
        calls += 1;
        if (answer instanceof Error) throw answer;
        if (calls === 6) void worker.stop().then(resolve);
        return answer ?? false;
      },
      { idle: 1, failure: 1 },
      log,
    );
  });
  await enough;
  t.is(calls, 6);
  t.deepEqual(
    lines.map(({ msg, reason }) => [msg, reason]),
    [["queue not worked, trying again", "away"]],
  );
});

test("a worker that is stopped finishes what it began and does not wait out its pause", async (t) => {
  const { log } = testRuntime();
  let finish = () => {};
  let finished = false;
  const worker = workForEver(
    () => new Promise((resolve) => (finish = () => resolve((finished = true)))),
    { idle: 60_000, failure: 60_000 },
    log,
  );
  const stopped = worker.stop();
  t.false(finished);
  finish();
  await stopped;
  t.true(finished);
  const idle = workForEver(async () => false, { idle: 60_000, failure: 60_000 }, log);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await idle.stop();
});
