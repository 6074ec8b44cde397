import test from "ava";
import type { Redis } from "ioredis";
import { createCircuitBreaker } from "../../../workloads/server/gateway/circuit-breaker.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { series, testRuntime } from "./support/server.ts";

const rules = { failureThreshold: 3, resetTimeout: 30, successThreshold: 1, trialLease: 7 };
const away = () => Promise.reject(new Error("Connection is closed."));

/** A breaker whose scripts get the given answers in turn, and what it asked: the arguments after the script's hash. */
function breakerOf(...answers: (() => unknown)[]) {
  const asked: unknown[][] = [];
  const evalsha = async (_sha: string, ...args: unknown[]) => (asked.push(args), answers.shift()!());
  const runtime = testRuntime();
  return { breaker: createCircuitBreaker({ evalsha } as unknown as Redis, rules, runtime), asked, runtime };
}

/** A breaker whose key holds a state, and what was written to it. */
function stateOf(state: string | null) {
  const written: unknown[][] = [];
  const redis = {
    hget: async () => state,
    hsetnx: async (...args: unknown[]) => written.push(args),
  } as unknown as Redis;
  return { breaker: createCircuitBreaker(redis, rules, testRuntime()), written };
}

test("a request passes a closed circuit, and its failure is told with both thresholds and no trial", async (t) => {
  const { breaker, asked, runtime } = breakerOf(
    () => ["pass", 0, 0],
    () => "",
  );
  const permit = await breaker.admit();
  await permit.report("status 500");
  t.deepEqual(asked[0]?.slice(0, 4), [1, "api-gateway:circuit-breaker", 30, 7]);
  t.deepEqual(asked[1], [1, "api-gateway:circuit-breaker", 3, 1, "", "status 500"]);
  t.deepEqual(runtime.lines, []);
});

test("a success is told as no failure", async (t) => {
  const { breaker, asked } = breakerOf(
    () => ["pass", 0, 0],
    () => "",
  );
  await (await breaker.admit()).report();
  t.deepEqual(asked[1]?.slice(4), ["", ""]);
});

test("an open circuit is a 503 that says when to come again", async (t) => {
  const { breaker } = breakerOf(() => ["refuse", 17, 0]);
  const problem = await t.throwsAsync(breaker.admit(), { instanceOf: HttpProblem });
  t.like(problem, { status: 503, code: "circuit_open", headers: { "retry-after": "17" } });
});

test("a trial is told by the name it was admitted by, and each has its own", async (t) => {
  const { breaker, asked } = breakerOf(
    () => ["trial", 0, 1],
    () => "CLOSED",
    () => ["trial", 0, 0],
    () => "",
  );
  await (await breaker.admit()).report();
  await (await breaker.admit()).report();
  t.regex(String(asked[0]?.[4]), /^[0-9a-f-]{36}$/);
  t.is(asked[1]?.[4], asked[0]?.[4]);
  t.is(asked[3]?.[4], asked[2]?.[4]);
  t.not(asked[2]?.[4], asked[0]?.[4]);
});

test("each change of the circuit is logged and counted by the replica that made it", async (t) => {
  const { breaker, runtime } = breakerOf(
    () => ["pass", 0, 0],
    () => "OPEN",
    () => ["trial", 0, 1],
    () => "CLOSED",
  );
  await (await breaker.admit()).report("no answer within 5000 ms");
  await (await breaker.admit()).report();
  t.deepEqual(
    runtime.lines.map(({ level, state, failure, msg }) => [level, state, failure, msg]),
    [
      [40, "OPEN", "no answer within 5000 ms", "circuit changed"],
      [30, "HALF_OPEN", undefined, "circuit changed"],
      [30, "CLOSED", undefined, "circuit changed"],
    ],
  );
  const page = await runtime.metrics.registry.metrics();
  t.deepEqual(
    ["CLOSED", "OPEN", "HALF_OPEN"].map((state) =>
      series(page, `circuit_breaker_transitions_total{state="${state}",service="test"}`),
    ),
    ["1", "1", "1"],
  );
});

test("without Redis requests pass and their outcome is told to nobody", async (t) => {
  const { breaker, asked, runtime } = breakerOf(away);
  await (await breaker.admit()).report("status 500");
  t.is(asked.length, 1);
  t.is(series(await runtime.metrics.registry.metrics(), 'circuit_breaker_bypassed_total{service="test"}'), "1");
  t.deepEqual(
    runtime.lines.map(({ reason, msg }) => [reason, msg]),
    [["Connection is closed.", "circuit breaker not in force"]],
  );
});

test("an outcome that Redis does not take is counted and breaks no answer", async (t) => {
  const { breaker, runtime } = breakerOf(() => ["pass", 0, 0], away);
  await (await breaker.admit()).report("status 500");
  t.is(series(await runtime.metrics.registry.metrics(), 'circuit_breaker_bypassed_total{service="test"}'), "1");
});

test("the three states are told as they are, and any other as closed", async (t) => {
  for (const [kept, told] of [
    ["CLOSED", "CLOSED"],
    ["OPEN", "OPEN"],
    ["HALF_OPEN", "HALF_OPEN"],
    ["open?", "CLOSED"],
  ] as const) {
    const { breaker, written } = stateOf(kept);
    t.is(await breaker.state(), told);
    t.deepEqual(written, []);
  }
});

test("a key that was deleted is closed, and says so from then on", async (t) => {
  const { breaker, written } = stateOf(null);
  t.is(await breaker.state(), "CLOSED");
  t.deepEqual(written, [["api-gateway:circuit-breaker", "state", "CLOSED"]]);
});
