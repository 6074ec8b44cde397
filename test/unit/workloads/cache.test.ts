import test from "ava";
import type { Redis } from "ioredis";
import { createCache } from "../../../workloads/server/data/cache.ts";
import { retryDelay } from "../../../workloads/server/data/redis.ts";
import { series, testRuntime } from "./support/server.ts";

function fakeRedis(entries: Record<string, string> = {}) {
  const kept = new Map(Object.entries(entries));
  const writes: unknown[][] = [];
  const redis = {
    get: async (key: string) => kept.get(key) ?? null,
    set: async (...args: [string, string, ...unknown[]]) => {
      writes.push(args);
      kept.set(args[0], args[1]);
      return "OK";
    },
  } as unknown as Redis;
  return { redis, writes };
}

const always = () => true;

test("a value is computed once and then found, with its time to live", async (t) => {
  const { redis, writes } = fakeRedis();
  const runtime = testRuntime();
  const cache = createCache(redis, 60, runtime);
  t.deepEqual(await cache.through("k", async () => ({ n: 1 }), always), { value: { n: 1 }, hit: false });
  t.deepEqual(await cache.through("k", async () => t.fail("computed again"), always), {
    value: { n: 1 } as never,
    hit: true,
  });
  t.deepEqual(writes, [["k", '{"n":1}', "EX", 60]]);
  const page = await runtime.metrics.registry.metrics();
  t.deepEqual(
    ["hit", "miss", "bypass"].map((result) => series(page, `cache_requests_total{result="${result}",service="test"}`)),
    ["1", "1", "0"],
  );
});

test("a value that is not worth keeping is not kept", async (t) => {
  const { redis, writes } = fakeRedis();
  t.deepEqual(
    await createCache(redis, 60, testRuntime()).through(
      "k",
      async () => [],
      (value) => value.length > 0,
    ),
    { value: [], hit: false },
  );
  t.deepEqual(writes, []);
});

test("an entry that is not JSON is replaced", async (t) => {
  const { redis, writes } = fakeRedis({ k: "{half" });
  t.deepEqual(await createCache(redis, 60, testRuntime()).through("k", async () => 2, always), {
    value: 2,
    hit: false,
  });
  t.deepEqual(writes, [["k", "2", "EX", 60]]);
});

test("without Redis values are computed and nothing is written", async (t) => {
  const away = { get: () => Promise.reject(new Error("away")), set: () => t.fail("written") } as unknown as Redis;
  const runtime = testRuntime();
  t.deepEqual(await createCache(away, 60, runtime).through("k", async () => 3, always), { value: 3, hit: false });
  t.is(series(await runtime.metrics.registry.metrics(), 'cache_requests_total{result="bypass",service="test"}'), "1");
});

test("a failed computation is not hidden", async (t) => {
  const { redis } = fakeRedis();
  await t.throwsAsync(
    createCache(redis, 60, testRuntime()).through("k", () => Promise.reject(new Error("no database")), always),
    { message: "no database" },
  );
});

test("attempts to connect come ever more slowly, up to five seconds", (t) => {
  t.deepEqual(
    [1, 2, 3, 7, 100].map((attempt) => retryDelay(attempt, 1)),
    [100, 200, 400, 5000, 5000],
  );
  t.is(retryDelay(1, 0), 50);
});
