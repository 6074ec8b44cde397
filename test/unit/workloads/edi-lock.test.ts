import test from "ava";
import { withLock } from "../../../workloads/server/edi/lock.ts";
import { fakeSession } from "./support/fake-mysql.ts";

const options = { name: "bots-engine", waitSeconds: 0, signal: new AbortController().signal, interval: 1 };
const held = [/IS_USED_LOCK/, [{ lock_name: "bots-engine-botsedi_data", holder_id: 17 }]] as const;

/** A lock that others give back after so many attempts. */
const lock = (refusals: number) => {
  let attempts = 0;
  return fakeSession([[/GET_LOCK/, () => [{ taken: (attempts += 1) > refusals ? 1 : 0 }]], held]);
};

test("work is done under the lock, which is given back, also when the work fails", async (t) => {
  const { session, sent } = lock(0);
  t.is(await withLock(session, options, async () => "done"), "done");
  await t.throwsAsync(
    withLock(session, options, () => Promise.reject(new Error("no"))),
    { message: "no" },
  );
  t.deepEqual(sent(15), ["SELECT GET_LOCK", "SELECT RELEASE_", "SELECT GET_LOCK", "SELECT RELEASE_"]);
});

test("the name of the lock holds the database, within 64 characters", async (t) => {
  const { session, calls } = lock(0);
  await withLock(session, options, async () => {});
  t.deepEqual(calls[0], {
    text: "SELECT GET_LOCK(LEFT(CONCAT(?, '-', DATABASE()), 64), 0) AS taken",
    values: ["bots-engine"],
  });
});

test("a lock that is taken is refused at once, with its holder's name, and nothing is done", async (t) => {
  const { session, sent } = lock(99);
  await t.throwsAsync(
    withLock(session, { ...options, describe: async (connection) => `bots-engine-abc on ${connection}` }, async () =>
      t.fail("worked"),
    ),
    {
      message: 'the lock "bots-engine-botsedi_data" is held by bots-engine-abc on 17 (connection 17): nothing was done',
    },
  );
  t.false(sent(15).includes("SELECT RELEASE_"));
});

test("a lock is waited for", async (t) => {
  const { session, sent } = lock(3);
  t.is(await withLock(session, { ...options, waitSeconds: 5 }, async () => "done"), "done");
  t.is(sent(15).filter((text) => text === "SELECT GET_LOCK").length, 4);
});

test("a wait that was too short says how long it was, and a signal ends it", async (t) => {
  const { session } = lock(1e9);
  await t.throwsAsync(
    withLock(session, { ...options, waitSeconds: 0.02 }, async () => t.fail("worked")),
    { message: /is held by another session \(connection 17\), also after 0\.02 s: nothing was done$/ },
  );
  await t.throwsAsync(
    withLock(session, { ...options, waitSeconds: 60, interval: 60_000, signal: AbortSignal.timeout(10) }, async () =>
      t.fail("worked"),
    ),
    { name: "AbortError" },
  );
});
