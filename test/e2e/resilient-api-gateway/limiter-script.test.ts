import type { Redis } from "ioredis";
import { createRateLimiter } from "../../../workloads/server/gateway/rate-limiter.ts";
import { testRuntime } from "../../unit/workloads/support/server.ts";
import { age, database, near, now, redisTest as test } from "../../support/gateway-redis.ts";

const bucket = "api-gateway:rate-limit:10.0.0.7";

/** A limiter of the client 10.0.0.7, to whom a token comes back in 100 seconds: none that a slow machine could see. */
function limiterOf(redis: Redis, capacity: number) {
  const take = createRateLimiter(redis, { capacity, refillRate: 0.01 }, testRuntime());
  return async () => (await take("10.0.0.7"))!;
}

test("a bucket that is not there is full, and can be read by a person", async (t) => {
  const redis = database(t)();
  const { reset, ...allowance } = await limiterOf(redis, 5)();
  t.deepEqual(allowance, { allowed: true, limit: 5, remaining: 4, retryAfter: 0 });
  const { last_refill, ...kept } = await redis.hgetall(bucket);
  t.deepEqual(kept, { tokens: "4.000000", capacity: "5", refill_rate: "0.01", rejected: "0" });
  near(t, last_refill, now());
  t.is(reset, Math.ceil(Number(last_refill) + 100));
  near(t, await redis.ttl(bucket), 160);
});

test("of a hundred requests at once from two replicas a bucket lets through what it holds", async (t) => {
  const connect = database(t);
  const redis = connect();
  const replicas = [limiterOf(redis, 10), limiterOf(connect(), 10)];
  const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => replicas[index % 2]!()));
  t.is(answers.filter(({ allowed }) => allowed).length, 10);
  t.is(await redis.hget(bucket, "rejected"), "90");
  const refusal = answers.find(({ allowed }) => !allowed)!;
  t.is(refusal.remaining, 0);
  near(t, refusal.retryAfter, 100);
});

test("tokens come back at the rate, and never more than the bucket holds", async (t) => {
  const redis = database(t)();
  const take = limiterOf(redis, 10);
  for (let request = 0; request < 10; request += 1) await take();
  t.like(await take(), { allowed: false });
  near(t, await redis.ttl(bucket), 1060);
  await age(redis, bucket, "last_refill", 400);
  t.like(await take(), { allowed: true, remaining: 3 });
  await age(redis, bucket, "last_refill", 3600);
  t.like(await take(), { allowed: true, remaining: 9 });
});

test("a clock that was set back takes nothing and gives nothing", async (t) => {
  const redis = database(t)();
  const take = limiterOf(redis, 10);
  await take();
  await age(redis, bucket, "last_refill", -3600);
  t.like(await take(), { allowed: true, remaining: 8 });
  near(t, await redis.hget(bucket, "last_refill"), now());
});

test("a raised capacity helps at once, a lowered one counts what was used, and a rollout of both gives nothing away", async (t) => {
  const redis = database(t)();
  const [small, large] = [limiterOf(redis, 5), limiterOf(redis, 50)];
  for (let request = 0; request < 5; request += 1) await small();
  t.like(await small(), { allowed: false });
  t.like(await large(), { allowed: true, remaining: 44 });
  const refusal = await small();
  t.like(refusal, { allowed: false, remaining: 0 });
  near(t, refusal.retryAfter, 200);
  t.like(await large(), { allowed: true, remaining: 43 });
});

test("scripts are sent again to a Redis that forgot them", async (t) => {
  const redis = database(t)();
  const take = limiterOf(redis, 5);
  await take();
  await redis.script("FLUSH");
  t.like(await take(), { remaining: 3 });
});

test("a key that is no bucket is left alone and limits nobody", async (t) => {
  const redis = database(t)();
  await redis.set(bucket, "mine");
  t.is(await createRateLimiter(redis, { capacity: 5, refillRate: 1 }, testRuntime())("10.0.0.7"), undefined);
  t.is(await redis.get(bucket), "mine");
});
