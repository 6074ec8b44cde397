import { createHash } from "node:crypto";
import test from "ava";
import type { Redis } from "ioredis";
import { createRateLimiter } from "../../../workloads/server/gateway/rate-limiter.ts";
import { luaScript } from "../../../workloads/server/gateway/script.ts";
import { series, testRuntime } from "./support/server.ts";

/** A Redis that answers scripts in turn with what it is given, and remembers what it was asked. */
function scripted(...answers: unknown[]) {
  const asked: unknown[][] = [];
  const answer = async () => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const redis = {
    evalsha: (...args: unknown[]) => (asked.push(["evalsha", ...args]), answer()),
    eval: (...args: unknown[]) => (asked.push(["eval", ...args]), answer()),
  } as unknown as Redis;
  return { redis, asked };
}

const rate = { capacity: 1000, refillRate: 100 };

test("a script is asked for by its hash, with its key and arguments", async (t) => {
  const { redis, asked } = scripted("fine");
  t.is(await luaScript(redis, "return 1")("k", 2, "three"), "fine");
  t.deepEqual(asked, [["evalsha", createHash("sha1").update("return 1").digest("hex"), 1, "k", 2, "three"]]);
});

test("a script that Redis has forgotten is sent whole", async (t) => {
  const { redis, asked } = scripted(new Error("NOSCRIPT No matching script. Please use EVAL."), "fine");
  t.is(await luaScript(redis, "return 1")("k", 2), "fine");
  t.deepEqual(asked[1], ["eval", "return 1", 1, "k", 2]);
});

test("another failure of a script is not answered by sending it again", async (t) => {
  const { redis, asked } = scripted(new Error("OOM command not allowed"));
  await t.throwsAsync(luaScript(redis, "return 1")("k"), { message: "OOM command not allowed" });
  t.is(asked.length, 1);
});

test("a bucket is its client's key, and the script gets capacity, rate and how long a full one is kept", async (t) => {
  const { redis, asked } = scripted([1, 999, 0, 1_760_000_001]);
  t.deepEqual(await createRateLimiter(redis, rate, testRuntime())("10.0.0.7"), {
    allowed: true,
    limit: 1000,
    remaining: 999,
    retryAfter: 0,
    reset: 1_760_000_001,
  });
  t.deepEqual(asked[0]?.slice(2), [1, "api-gateway:rate-limit:10.0.0.7", 1000, 100, 60]);
});

test("without a token a client is refused and told when there is one", async (t) => {
  const { redis } = scripted([0, 0, 3, 1_760_000_010]);
  t.deepEqual(await createRateLimiter(redis, rate, testRuntime())("10.0.0.7"), {
    allowed: false,
    limit: 1000,
    remaining: 0,
    retryAfter: 3,
    reset: 1_760_000_010,
  });
});

test("without Redis requests are allowed and counted, and each reason is logged once", async (t) => {
  const runtime = testRuntime();
  const away = () => new Error("Connection is closed.");
  const limiter = createRateLimiter(
    scripted(away(), away(), new Error("READONLY"), [1, 9, 0, 1], away()).redis,
    rate,
    runtime,
  );
  t.is(await limiter("a"), undefined);
  t.is(await limiter("a"), undefined);
  t.is(await limiter("a"), undefined);
  t.like(await limiter("a"), { allowed: true });
  t.is(await limiter("a"), undefined);
  t.deepEqual(
    runtime.lines.map(({ level, reason, msg }) => [level, reason, msg]),
    [
      [40, "Connection is closed.", "rate limit not enforced"],
      [40, "READONLY", "rate limit not enforced"],
      [40, "Connection is closed.", "rate limit not enforced"],
    ],
  );
  t.is(series(await runtime.metrics.registry.metrics(), 'rate_limit_bypassed_total{service="test"}'), "4");
});
