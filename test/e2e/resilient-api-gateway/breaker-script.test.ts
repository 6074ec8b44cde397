import type { ExecutionContext } from "ava";
import {
  type CircuitRules,
  circuitKey,
  createCircuitBreaker,
} from "../../../workloads/server/gateway/circuit-breaker.ts";
import type { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { testRuntime } from "../../unit/workloads/support/server.ts";
import { age, database, near, now, redisTest as test } from "../../support/gateway-redis.ts";

const rules: CircuitRules = { failureThreshold: 3, resetTimeout: 30, successThreshold: 1, trialLease: 7 };

/** A breaker on its own database, and shortcuts for what happens to it. */
function circuit(t: ExecutionContext, changes: Partial<CircuitRules> = {}) {
  const connect = database(t);
  const redis = connect();
  const replica = (client = connect()) => createCircuitBreaker(client, { ...rules, ...changes }, testRuntime());
  const breaker = replica(redis);
  const run = async (failure?: string) => (await breaker.admit()).report(failure);
  const open = async () => {
    for (let request = 0; request < 3; request += 1) await run("status 500");
  };
  const passTime = (seconds: number) => age(redis, circuitKey, "opened_at", seconds);
  const kept = () => redis.hgetall(circuitKey);
  return { redis, replica, breaker, run, open, passTime, kept };
}

/** Seconds to wait for an open circuit; undefined when the request was let through. */
const refused = (admission: Promise<unknown>) =>
  admission.then(
    () => undefined,
    (problem: HttpProblem) => problem.headers["retry-after"],
  );

test("a circuit that is not there is closed, and can be read by a person", async (t) => {
  const { run, kept } = circuit(t);
  await run();
  t.deepEqual(await kept(), { state: "CLOSED", failures: "0", successes: "0" });
});

test("failures in a row open the circuit, from whichever replica, and a success in between begins anew", async (t) => {
  const { breaker, replica, run, kept } = circuit(t);
  const other = replica();
  await run("status 500");
  await (await other.admit()).report("status 500");
  await run();
  t.like(await kept(), { state: "CLOSED", failures: "0" });
  await run("status 500");
  await (await other.admit()).report("no answer within 5000 ms");
  t.like(await kept(), { state: "CLOSED", failures: "2" });
  await run("status 503");
  t.like(await kept(), { state: "OPEN", failures: "3", successes: "0", last_failure: "status 503" });
  t.is(await other.state(), "OPEN");
  near(t, await refused(breaker.admit()), 30);
  near(t, await refused(other.admit()), 30);
});

test("an open circuit outlives the proxies and says how long it still refuses", async (t) => {
  const { replica, open, passTime } = circuit(t);
  await open();
  await passTime(12);
  near(t, await refused(replica().admit()), 18);
});

test("what began before the circuit opened no longer counts", async (t) => {
  const { breaker, open, kept } = circuit(t);
  const [slow, slower] = [await breaker.admit(), await breaker.admit()];
  await open();
  const before = await kept();
  await slow.report();
  await slower.report("status 500");
  t.deepEqual(await kept(), before);
});

test("after the reset time exactly one of many requests tries, and its success closes the circuit", async (t) => {
  const { breaker, replica, open, passTime, kept } = circuit(t);
  await open();
  await passTime(30);
  t.is(await breaker.state(), "OPEN");
  const replicas = [breaker, replica(), replica()];
  const admissions = await Promise.allSettled(Array.from({ length: 60 }, (_, index) => replicas[index % 3]!.admit()));
  const trials = admissions.filter((admission) => admission.status === "fulfilled");
  t.is(trials.length, 1);
  t.true(
    admissions.every(
      (admission) => admission.status === "fulfilled" || admission.reason.headers["retry-after"] === "1",
    ),
  );
  t.is(await breaker.state(), "HALF_OPEN");
  await trials[0]!.value.report();
  const { last_failure_at, ...closed } = await kept();
  t.deepEqual(closed, { state: "CLOSED", failures: "0", successes: "0", last_failure: "status 500" });
  near(t, last_failure_at, now());
  t.is(await refused(breaker.admit()), undefined);
});

test("a trial that fails opens the circuit for the whole time again", async (t) => {
  const { breaker, run, open, passTime, kept } = circuit(t);
  await open();
  await passTime(30);
  await run("connect ECONNREFUSED");
  const { trial, ...again } = await kept();
  t.like(again, { state: "OPEN", failures: "4", last_failure: "connect ECONNREFUSED" });
  t.is(trial, undefined);
  near(t, await refused(breaker.admit()), 30);
});

test("as many trials as are asked for, one after another, close the circuit", async (t) => {
  const { breaker, run, open, passTime, kept } = circuit(t, { successThreshold: 3 });
  await open();
  await passTime(30);
  await run();
  await run();
  t.like(await kept(), { state: "HALF_OPEN", successes: "2" });
  await run();
  t.is(await breaker.state(), "CLOSED");
});

test("a failure between trials begins their count anew", async (t) => {
  const { run, open, passTime, kept } = circuit(t, { successThreshold: 2 });
  await open();
  await passTime(30);
  await run();
  await run("status 500");
  await passTime(30);
  await run();
  t.like(await kept(), { state: "HALF_OPEN", successes: "1" });
});

test("a proxy that died with the trial blocks nobody for longer than its lease, and no longer counts", async (t) => {
  const { redis, breaker, open, passTime, kept } = circuit(t);
  await open();
  await passTime(30);
  const lost = await breaker.admit();
  t.is(await refused(breaker.admit()), "1");
  await age(redis, circuitKey, "trial_until", 7);
  const next = await breaker.admit();
  await lost.report("status 500");
  t.like(await kept(), { state: "HALF_OPEN" });
  await next.report();
  t.is(await breaker.state(), "CLOSED");
});

test("deleting the key closes the circuit, and a trial that was on its way no longer counts", async (t) => {
  const { redis, breaker, run, open, passTime, kept } = circuit(t);
  await open();
  await passTime(30);
  const trial = await breaker.admit();
  await redis.del(circuitKey);
  await trial.report("status 500");
  t.deepEqual(await kept(), {});
  t.is(await breaker.state(), "CLOSED");
  t.deepEqual(await kept(), { state: "CLOSED" });
  await run("status 500");
  t.like(await kept(), { state: "CLOSED", failures: "1" });
});

test("a circuit opened by hand refuses for the reset time", async (t) => {
  const { redis, breaker } = circuit(t);
  await redis.hset(circuitKey, "state", "OPEN");
  near(t, await refused(breaker.admit()), 30);
  near(t, await redis.hget(circuitKey, "opened_at"), now());
});

test("a clock that was set back lengthens neither the reset time nor a trial", async (t) => {
  const { redis, breaker, open, passTime } = circuit(t);
  await open();
  await passTime(-3600);
  near(t, await refused(breaker.admit()), 30);
  await passTime(30);
  await breaker.admit();
  await age(redis, circuitKey, "trial_until", -3600);
  t.is(await refused(breaker.admit()), undefined);
});
