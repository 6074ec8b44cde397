import test from "ava";
import type { Redis } from "ioredis";
import {
  createDailyLimiter,
  limiterKey,
  nextMidnight,
  quotaAfter,
} from "../../../workloads/server/data/daily-limiter.ts";
import { memoryRedis } from "./support/memory-redis.ts";
import { series, testRuntime } from "./support/server.ts";

const noon = new Date("2026-01-09T12:00:00Z");
const midnight = Date.parse("2026-01-10T00:00:00Z") / 1000;

test("the next midnight is that of UTC", (t) => {
  t.is(nextMidnight(noon), midnight);
  t.is(nextMidnight(new Date("2026-01-09T00:00:00Z")), midnight);
  t.is(nextMidnight(new Date("2026-01-09T23:59:59.999Z")), midnight);
  t.is(nextMidnight(new Date("2026-01-10T00:00:00Z")), midnight + 86400);
  t.is(nextMidnight(new Date("2026-01-09T22:30:00-03:00")), midnight + 86400);
});

test("a key names the client and its day in UTC", (t) => {
  t.is(limiterKey("bgc:rate-limit", "ana", new Date("2026-01-09T22:30:00-03:00")), "bgc:rate-limit:ana:2026-01-10");
});

test("the fifth of five requests is allowed and the sixth is not", (t) => {
  t.deepEqual(quotaAfter(5, 5, noon), { limit: 5, remaining: 0, reset: midnight, allowed: true });
  t.deepEqual(quotaAfter(6, 5, noon), { limit: 5, remaining: 0, reset: midnight, allowed: false });
});

test("requests count down to a refusal, each client on its own", async (t) => {
  const { redis, entries, expiries } = memoryRedis();
  const runtime = testRuntime();
  const limiter = createDailyLimiter(redis, { prefix: "p", limit: 2, now: () => noon }, runtime);
  const remaining = [];
  for (let request = 0; request < 3; request += 1)
    remaining.push(await limiter.take("ana").then((quota) => [quota.remaining, quota.allowed]));
  t.deepEqual(remaining, [
    [1, true],
    [0, true],
    [0, false],
  ]);
  t.like(await limiter.take("rui"), { remaining: 1, allowed: true });
  t.deepEqual(
    [...entries],
    [
      ["p:ana:2026-01-09", "3"],
      ["p:rui:2026-01-09", "1"],
    ],
  );
  t.is(expiries.get("p:ana:2026-01-09"), midnight);
  t.is(series(await runtime.metrics.registry.metrics(), 'rate_limit_rejections_total{service="test"}'), "1");
});

test("a look does not count, and a request given back is free", async (t) => {
  const { redis, entries } = memoryRedis();
  const limiter = createDailyLimiter(redis, { prefix: "p", limit: 5, now: () => noon }, testRuntime());
  t.like(await limiter.peek("ana"), { remaining: 5 });
  await limiter.take("ana");
  t.like(await limiter.peek("ana"), { remaining: 4 });
  t.like(await limiter.giveBack("ana"), { remaining: 5 });
  t.is(entries.get("p:ana:2026-01-09"), "0");
});

test("without Redis requests are allowed, with a warning and a metric", async (t) => {
  const away = {
    get: () => Promise.reject(new Error("away")),
    multi: () => {
      throw new Error("away");
    },
  } as unknown as Redis;
  const runtime = testRuntime();
  const limiter = createDailyLimiter(away, { prefix: "p", limit: 5, now: () => noon }, runtime);
  t.deepEqual(await limiter.take("ana"), { limit: 5, remaining: 5, reset: midnight, allowed: true });
  t.like(await limiter.peek("ana"), { remaining: 5 });
  t.like(await limiter.giveBack("ana"), { remaining: 5 });
  t.deepEqual(
    runtime.lines.map(({ level, msg }) => [level, msg]),
    [[40, "rate limit not enforced: Redis is away"]],
  );
  t.is(series(await runtime.metrics.registry.metrics(), 'rate_limit_bypassed_total{service="test"}'), "1");
});
