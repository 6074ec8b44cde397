import test from "ava";
import { createCache } from "../../../workloads/server/data/cache.ts";
import { createDailyLimiter } from "../../../workloads/server/data/daily-limiter.ts";
import type { Database, Sql } from "../../../workloads/server/data/postgres.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { destinationsQuery, scoreWeights, simulation, simulationKey } from "../../../workloads/server/bgc/simulator.ts";
import { simulatorRoute } from "../../../workloads/server/bgc/simulator-route.ts";
import { memoryRedis } from "./support/memory-redis.ts";
import { testApp, testRuntime } from "./support/server.ts";

const path = "/v1/simulator/destinations";
const valid = '{"ncm":"17011400","volume_kg":1000,"max_results":3}';

/** The simulator on a database that answers with `rows`. */
function simulator(
  rows: object[] | Error = [{ rank: 1, country_code: "CHN" }],
  { limit = 5, trustedProxy = false, authenticatingProxy = false } = {},
) {
  const asked: Sql[] = [];
  const database = {
    query: async (sql: Sql) => {
      asked.push(sql);
      if (rows instanceof Error) throw rows;
      return sql.text.includes("DISTINCT") ? [{ ncm: "02013000" }, { ncm: "17011400" }] : rows;
    },
  } as unknown as Database;
  const { redis } = memoryRedis();
  const runtime = testRuntime();
  const limiter = createDailyLimiter(redis, { prefix: "bgc:rate-limit", limit }, runtime);
  return {
    ...testApp({
      routes: [
        simulatorRoute({
          database,
          cache: createCache(redis, 60, runtime),
          limiter,
          trustedProxy,
          authenticatingProxy,
        }),
      ],
    }),
    asked,
    redis,
  };
}

const remaining = (response: Response) => response.headers.get("x-ratelimit-remaining");

test("max_results is 10 unless given", (t) => {
  t.deepEqual(simulation.parse({ ncm: "17011400", volume_kg: 0.5 }), {
    ncm: "17011400",
    volume_kg: 0.5,
    max_results: 10,
  });
});

test("the query takes every value as a parameter", (t) => {
  const { text, values } = destinationsQuery({ ncm: "17011400", volume_kg: 1000, max_results: 3 });
  t.deepEqual(values, ["17011400", 1000, 3, 0.5, 0.3, 0.2, 20038]);
  t.deepEqual([...new Set(text.match(/\$\d/g))].sort(), ["$1", "$2", "$3", "$4", "$5", "$6", "$7"]);
  t.false(text.includes("17011400"));
});

test("the weights of the score add up to 1", (t) => {
  t.is(scoreWeights.value + scoreWeights.price + scoreWeights.nearness, 1);
});

test("the cache key is readable and names all that changes the answer", (t) => {
  t.is(simulationKey({ ncm: "17011400", volume_kg: 12.5, max_results: 3 }), "bgc:simulator:17011400:12.5:3");
});

test("a repeated request is a cache hit and still counts", async (t) => {
  const { send, asked } = simulator();
  const first = await send("POST", path, { body: valid });
  t.is(first.status, 200);
  t.deepEqual(
    [first.headers.get("x-cache"), remaining(first), first.headers.get("x-ratelimit-limit")],
    ["MISS", "4", "5"],
  );
  t.deepEqual(await first.json(), {
    ncm: "17011400",
    volume_kg: 1000,
    count: 1,
    cached: false,
    destinations: [{ rank: 1, country_code: "CHN" }],
  });
  const second = await send("POST", path, { body: valid });
  t.deepEqual([second.headers.get("x-cache"), remaining(second)], ["HIT", "3"]);
  t.like(await second.json(), { cached: true, count: 1 });
  t.is(asked.length, 1);
});

test("the sixth request of a day is refused, and other users are not", async (t) => {
  const { send } = simulator([{}], { authenticatingProxy: true });
  for (let request = 1; request <= 5; request += 1) t.is((await send("POST", path, { body: valid })).status, 200);
  const sixth = await send("POST", path, { body: valid });
  t.is(sixth.status, 429);
  t.is(remaining(sixth), "0");
  const wait = Number(sixth.headers.get("retry-after"));
  t.true(wait >= 1 && wait <= 86400, `${wait}`);
  t.like(await sixth.json(), {
    error: "rate_limit_exceeded",
    limit: 5,
    reset: Number(sixth.headers.get("x-ratelimit-reset")),
  });
  t.is((await send("POST", path, { body: valid, headers: { "X-User-Id": "ana" } })).status, 200);
  t.is((await send("POST", path, { body: valid, from: "10.0.0.8" })).status, 200);
});

test("without an authenticating proxy an invented user gets no free requests and an unusable one no refusal", async (t) => {
  const { send } = simulator([{}], { limit: 2, trustedProxy: true });
  const as = (user: string) => send("POST", path, { body: valid, headers: { "X-User-Id": user } });
  t.deepEqual([(await as("ana")).status, (await as("not valid")).status, (await as("eva")).status], [200, 200, 429]);
});

test("X-Forwarded-For makes no new client unless the proxy is trusted", async (t) => {
  const untrusted = simulator([{}], { limit: 1 });
  await untrusted.send("POST", path, { body: valid });
  t.is((await untrusted.send("POST", path, { body: valid, headers: { "X-Forwarded-For": "9.9.9.9" } })).status, 429);
  const trusted = simulator([{}], { limit: 1, trustedProxy: true });
  await trusted.send("POST", path, { body: valid });
  t.is((await trusted.send("POST", path, { body: valid, headers: { "X-Forwarded-For": "9.9.9.9" } })).status, 200);
});

test("an invalid request lists every fault by its path and costs nothing", async (t) => {
  const { send, asked } = simulator([{}], { authenticatingProxy: true });
  const response = await send("POST", path, {
    body: '{"ncm":"1701.14","volume_kg":0,"max_results":51}',
    headers: { "X-User-Id": "a b" },
  });
  t.is(response.status, 400);
  t.is(remaining(response), "5");
  t.deepEqual(((await response.json()) as { problems: unknown }).problems, [
    { path: "X-User-Id", message: "expected 1 to 64 letters, digits, dots, hyphens or underscores" },
    { path: "ncm", message: "expected exactly 8 digits" },
    { path: "volume_kg", message: "expected a number above 0 and up to 1000000000000" },
    { path: "max_results", message: "expected a whole number from 1 to 50" },
  ]);
  t.deepEqual(asked, []);
});

test("malformed JSON and a body above the limit are refused with the quota shown", async (t) => {
  const { send } = simulator();
  const malformed = await send("POST", path, { body: "{bad" });
  t.deepEqual([malformed.status, remaining(malformed)], [400, "5"]);
  t.like(await malformed.json(), { problems: [{ path: "body", message: "expected a JSON document" }] });
  const large = await send("POST", path, { body: "x".repeat(65537) });
  t.deepEqual([large.status, remaining(large)], [413, "5"]);
});

test("an unknown product gets a hint and is not cached", async (t) => {
  const { send, redis } = simulator([]);
  const response = await send("POST", path, { body: '{"ncm":"99999999","volume_kg":1}' });
  t.is(response.status, 200);
  t.deepEqual(await response.json(), {
    ncm: "99999999",
    volume_kg: 1,
    count: 0,
    cached: false,
    destinations: [],
    hint: "Available NCMs: 02013000, 17011400.",
  });
  t.is(await redis.get("bgc:simulator:99999999:1:10"), null);
});

test("a request the server could not answer is given back", async (t) => {
  const { send } = simulator(new HttpProblem(503, "database_unavailable", "The database cannot answer now."));
  const response = await send("POST", path, { body: valid });
  t.deepEqual([response.status, remaining(response)], [503, "5"]);
});
