import test from "ava";
import type { Redis } from "ioredis";
import { createCache } from "../../../workloads/server/data/cache.ts";
import type { Database, Query, Sql } from "../../../workloads/server/data/postgres.ts";
import { settingsRoutes } from "../../../workloads/server/platform/settings-routes.ts";
import { memoryRedis } from "./support/memory-redis.ts";
import { testApp, testRuntime } from "./support/server.ts";

interface Row {
  key: string;
  value: unknown;
  version: number;
  updated_by: string;
}

/** Settings in memory, behind a cache. */
function settings({ fail = (_: Sql): boolean => false, redisAway = false } = {}) {
  let rows = new Map<string, Row>();
  const audited: Record<string, unknown>[] = [];
  const asked: string[] = [];
  const query = (async ({ text, values }: Sql) => {
    asked.push(text.split(" ", 1)[0]!);
    if (fail({ text, values })) throw new Error("disk full");
    const [key, value, by] = values as string[];
    if (text.startsWith("INSERT INTO audit_events")) {
      audited.push({
        actor: values[0],
        action: values[3],
        subject: values[4],
        detail: JSON.parse(values[5] as string),
      });
      return [];
    }
    if (text.startsWith("INSERT INTO settings") && !rows.has(key!))
      rows.set(key!, { key: key!, value: null, version: 0, updated_by: value! });
    if (text.startsWith("UPDATE"))
      rows.set(key!, { key: key!, value: JSON.parse(value!), version: rows.get(key!)!.version + 1, updated_by: by! });
    return rows.has(key!) ? [rows.get(key!)!] : [];
  }) as unknown as Query;
  const database: Pick<Database, "query" | "transaction"> = {
    query,
    async transaction(work) {
      const before = new Map(rows);
      return work(query).catch((error: unknown) => {
        rows = before;
        throw error;
      });
    },
  };
  const { redis, entries } = memoryRedis();
  const del = async (key: string) => (redisAway ? Promise.reject(new Error("away")) : Number(entries.delete(key)));
  const runtime = testRuntime();
  const routes = settingsRoutes({
    database,
    cache: createCache(redis, 60, runtime),
    redis: { del } as unknown as Redis,
    log: runtime.log,
    trustedProxy: false,
    authenticatingProxy: true,
  });
  const { send } = testApp({ routes });
  return {
    send,
    put: (key: string, body: unknown, headers = {}) =>
      send("PUT", `/v1/settings/${key}`, { body: JSON.stringify(body), headers }),
    audited,
    asked,
    entries,
    lines: runtime.lines,
    rows: () => rows,
  };
}

test("the first write of a setting creates it and the second changes it, each with its audit event", async (t) => {
  const { put, audited } = settings();
  const created = await put("theme", { value: "dark" }, { "X-User-Id": "ana" });
  t.is(created.status, 201);
  t.deepEqual(await created.json(), { key: "theme", value: "dark", version: 1, updated_by: "ana" });
  const changed = await put("theme", { value: false });
  t.is(changed.status, 200);
  t.deepEqual(await changed.json(), { key: "theme", value: false, version: 2, updated_by: "anonymous" });
  t.deepEqual(audited, [
    { actor: "ana", action: "setting.created", subject: "settings/theme", detail: { version: 1, to: "dark" } },
    {
      actor: "anonymous",
      action: "setting.changed",
      subject: "settings/theme",
      detail: { version: 2, from: "dark", to: false },
    },
  ]);
});

test("a setting is read through the cache, and a write drops it from there", async (t) => {
  const { send, put, entries, asked } = settings();
  const read = async () => {
    const response = await send("GET", "/v1/settings/limit");
    return [response.headers.get("x-cache"), ((await response.json()) as { value: number }).value];
  };
  await put("limit", { value: 1 });
  t.deepEqual(
    [await read(), await read()],
    [
      ["MISS", 1],
      ["HIT", 1],
    ],
  );
  t.deepEqual([...entries.keys()], ["platform:setting:limit"]);
  asked.length = 0;
  await put("limit", { value: 2.5 });
  t.deepEqual(asked, ["INSERT", "SELECT", "UPDATE", "INSERT"]);
  t.deepEqual(
    [await read(), await read()],
    [
      ["MISS", 2.5],
      ["HIT", 2.5],
    ],
  );
});

test("without its audit event a write does not hold, and the cache stays as it is", async (t) => {
  const { put, rows, entries } = settings({ fail: ({ text }) => text.includes("audit_events") });
  entries.set("platform:setting:theme", "{}");
  t.is((await put("theme", { value: "dark" })).status, 500);
  t.is(rows().size, 0);
  t.true(entries.has("platform:setting:theme"));
});

test("a write counts although the cache is away, with a warning that readers may see the old value", async (t) => {
  const { put, lines } = settings({ redisAway: true });
  t.is((await put("theme", { value: "dark" })).status, 201);
  t.like(
    lines.find(({ level }) => level === 40),
    { key: "theme", reason: "away", msg: "a changed setting may still be cached" },
  );
});

test("a setting that is not there is a 404 and is not cached", async (t) => {
  const { send, entries } = settings();
  const response = await send("GET", "/v1/settings/theme");
  t.is(response.status, 404);
  t.like(await response.json(), { error: "unknown_setting" });
  t.is(entries.size, 0);
});

test("values of every kind and up to the limit are kept", async (t) => {
  const { put } = settings();
  for (const value of ["", "x".repeat(4_096), 0, -1.5, true, false, "ação"]) {
    const response = await put("a", { value });
    t.true(response.ok);
    t.like(await response.json(), { value });
  }
});

test("values that cannot be kept are refused", async (t) => {
  const { send, put, rows } = settings();
  for (const value of ["x".repeat(4_097), "a\0b", "\ud800", null, {}, [], undefined])
    t.is((await put("a", { value })).status, 400, JSON.stringify(value));
  for (const body of ["1e999", "[]", "", "{", '{"value":1e999}'])
    t.is((await send("PUT", "/v1/settings/a", { body })).status, 400, body);
  t.is(rows().size, 0);
});

test("every fault of a write is named", async (t) => {
  const response = await settings().put("Theme", { value: null, ttl: 5 });
  t.is(response.status, 400);
  t.like(await response.json(), {
    problems: [
      {
        path: "key",
        message: "expected 1 to 100 lower-case letters, digits, dots, hyphens or underscores, the first a letter",
      },
      { path: "value", message: "expected a text of at most 4096 characters without NUL, a number, true or false" },
      { path: "body", message: "expected nothing but value" },
    ],
  });
});

test("names that are no keys are refused, and a key of 100 characters is one", async (t) => {
  const { send, put } = settings();
  for (const key of ["A", "1a", "a%20b", "a*", "a:b", `a${"b".repeat(100)}`]) {
    t.is((await send("GET", `/v1/settings/${key}`)).status, 400, key);
    t.is((await put(key, { value: 1 })).status, 400, key);
  }
  t.is((await put(`a${"b".repeat(99)}`, { value: 1 })).status, 201);
});
