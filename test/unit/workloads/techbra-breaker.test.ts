import test from "ava";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import {
  type BreakerState,
  CircuitOpen,
  createBreaker,
  watchBreakers,
} from "../../../workloads/server/techbra/circuit-breaker.ts";
import { createDownstream, type Downstream } from "../../../workloads/server/techbra/downstream.ts";
import { overviewOf } from "../../../workloads/server/techbra/overview.ts";
import { memoryRedis } from "./support/memory-redis.ts";
import { series, testRuntime } from "./support/server.ts";

const silent = pino({ level: "silent" });
const settings = { failureRateThreshold: 50, slidingWindowSize: 4, waitMilliseconds: 10_000 };

/** A breaker on a clock of its own; "+" is a call that works, "-" one that fails. */
function breaker(overrides: Partial<typeof settings> = {}) {
  let time = 0;
  const circuit = createBreaker("down", { ...settings, ...overrides }, silent, () => time);
  async function calls(pattern: string): Promise<BreakerState> {
    for (const sign of pattern)
      await circuit
        .call(async () => {
          if (sign === "-") throw new Error("down");
        })
        .catch(() => {});
    return circuit.state();
  }
  return { circuit, calls, pass: (milliseconds: number) => (time += milliseconds) };
}

test("nothing is decided before the window is full", async (t) => {
  const { calls } = breaker();
  t.is(await calls("---"), "closed");
  t.is(await calls("+"), "open");
});

test("a failure rate below the threshold leaves the circuit closed, one at the threshold opens it", async (t) => {
  t.is(await breaker().calls("-+++-+++"), "closed");
  t.is(await breaker().calls("++--"), "open");
  t.is(await breaker({ failureRateThreshold: 75 }).calls("++--"), "closed");
  t.is(await breaker({ failureRateThreshold: 75 }).calls("+---"), "open");
});

test("only the last calls count", async (t) => {
  t.is(await breaker().calls("-++++-++++-"), "closed");
});

test("an open circuit makes no call and says so", async (t) => {
  const { circuit, calls, pass } = breaker();
  await calls("----");
  pass(9_999);
  await t.throwsAsync(
    circuit.call(async () => t.fail("called")),
    { instanceOf: CircuitOpen, message: "the circuit to down is open" },
  );
});

test("after its wait a circuit lets three calls find out, and closes when they work", async (t) => {
  const { circuit, calls, pass } = breaker();
  await calls("----");
  pass(10_000);
  t.is(await calls("++"), "half-open");
  t.is(await calls("+"), "closed");
  t.is(await calls("---"), "closed", "the window is empty again");
  t.is(circuit.state(), "closed");
});

test("a circuit whose trials fail opens for another wait", async (t) => {
  const { calls, pass } = breaker();
  await calls("----");
  pass(10_000);
  t.is(await calls("-+-"), "open");
  pass(9_999);
  t.is(await calls("+"), "open");
  pass(1);
  t.is(await calls("+++"), "closed");
});

test("no more than three calls at once try a half-open circuit", async (t) => {
  const { circuit, calls, pass } = breaker();
  await calls("----");
  pass(10_000);
  const gate = Promise.withResolvers<void>();
  const trials = [1, 2, 3].map(() => circuit.call(() => gate.promise));
  await t.throwsAsync(
    circuit.call(async () => {}),
    { instanceOf: CircuitOpen },
  );
  gate.resolve();
  await Promise.all(trials);
  t.is(circuit.state(), "closed");
});

test("a call from before the circuit opened says nothing about the trials", async (t) => {
  const { circuit, calls, pass } = breaker();
  const gate = Promise.withResolvers<void>();
  const old = circuit.call(() => gate.promise);
  await calls("----");
  pass(10_000);
  await calls("++");
  gate.reject(new Error("late"));
  await t.throwsAsync(old, { message: "late" });
  t.is(await calls("+"), "closed");
});

test("the state of each circuit is a metric", async (t) => {
  const runtime = testRuntime();
  const open = breaker();
  await open.calls("----");
  watchBreakers({ billing: open.circuit, orders: breaker().circuit }, runtime);
  const page = await runtime.metrics.registry.metrics();
  t.deepEqual(
    ["billing", "orders"].map((downstream) =>
      series(page, `circuit_breaker_state{downstream="${downstream}",service="test"}`),
    ),
    ["2", "1"],
  );
});

test("of a downstream's answers only a 5xx is a failure", async (t) => {
  const { circuit } = breaker({ slidingWindowSize: 2 });
  const answers = [
    new Response('{"a":1}', { status: 404 }),
    new Response('{"a":2}', { status: 201 }),
    new Response("{}", { status: 500 }),
    new Response("{}", { status: 503 }),
  ];
  const asked: string[] = [];
  const downstream = createDownstream(
    "http://down:1",
    circuit,
    async (url, init) => (asked.push(`${init?.method ?? "GET"} ${String(url)}`), answers.shift()!),
  );
  t.deepEqual(await downstream.get("/x"), { status: 404, body: { a: 1 } });
  t.deepEqual(await downstream.post("/y", "{}"), { status: 201, body: { a: 2 } });
  t.is(circuit.state(), "closed");
  await t.throwsAsync(downstream.get("/x"), { message: "answers 500" });
  t.is(circuit.state(), "open");
  await t.throwsAsync(downstream.get("/x"), { instanceOf: CircuitOpen });
  t.deepEqual(asked, ["GET http://down:1/x", "POST http://down:1/y", "GET http://down:1/x"]);
});

const answers = (status: number, body: unknown): Downstream => ({
  get: async () => ({ status, body }),
  post: () => Promise.reject(new Error("not asked for")),
});
const away: Downstream = {
  get: () => Promise.reject(new Error("away")),
  post: () => Promise.reject(new Error("away")),
};
const order = answers(200, { id: "1" });
const payment = answers(200, { status: "COMPLETED" });
const unknown = answers(404, { error: "unknown" });

test("an overview joins the order with its payment, or with none while there is none", async (t) => {
  const { redis } = memoryRedis();
  const runtime = testRuntime();
  t.deepEqual(await overviewOf("1", { orders: order, payments: payment, redis }, runtime), {
    order: { id: "1" },
    payment: { status: "COMPLETED" },
    degraded: false,
    missing: [],
    stale: false,
  });
  t.like(await overviewOf("1", { orders: order, payments: unknown, redis }, runtime), {
    payment: null,
    degraded: false,
  });
});

test("without billing the order is shown alone and marked as degraded", async (t) => {
  const { redis } = memoryRedis();
  t.deepEqual(await overviewOf("1", { orders: order, payments: away, redis }, testRuntime()), {
    order: { id: "1" },
    payment: null,
    degraded: true,
    missing: ["billing-service"],
    stale: false,
  });
});

test("the last complete overview stands in for a missing downstream and is marked as stale", async (t) => {
  const { redis } = memoryRedis();
  const runtime = testRuntime();
  await overviewOf("1", { orders: order, payments: payment, redis }, runtime);
  t.deepEqual(await overviewOf("1", { orders: away, payments: away, redis }, runtime), {
    order: { id: "1" },
    payment: { status: "COMPLETED" },
    degraded: true,
    missing: ["order-service", "billing-service"],
    stale: true,
  });
  t.true(runtime.lines.some(({ msg }) => msg === "fallback: circuit open or downstream away"));
});

test("with nothing to show an overview is a 503, also without Redis", async (t) => {
  const broken = {
    get: () => Promise.reject(new Error("away")),
    set: () => Promise.reject(new Error("away")),
  } as unknown as Redis;
  const error = await t.throwsAsync(overviewOf("1", { orders: away, payments: away, redis: broken }, testRuntime()), {
    instanceOf: HttpProblem,
  });
  t.is((error as HttpProblem).status, 503);
  t.like(await overviewOf("1", { orders: order, payments: payment, redis: broken }, testRuntime()), {
    degraded: false,
  });
});

test("an unknown order is a 404, whatever billing knows", async (t) => {
  const { redis } = memoryRedis();
  for (const payments of [payment, unknown, away]) {
    const error = await t.throwsAsync(overviewOf("1", { orders: unknown, payments, redis }, testRuntime()), {
      instanceOf: HttpProblem,
    });
    t.is((error as HttpProblem).status, 404);
  }
});
