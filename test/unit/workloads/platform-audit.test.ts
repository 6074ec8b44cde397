import { createAdaptorServer } from "@hono/node-server";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import test from "ava";
import type { Query } from "../../../workloads/server/data/postgres.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { buildApp } from "../../../workloads/server/http/app.ts";
import { eventPages, recordEvent } from "../../../workloads/server/platform/audit-events.ts";
import { auditRoutes } from "../../../workloads/server/platform/audit-routes.ts";
import { csvHeader, csvRecord } from "../../../workloads/server/platform/csv.ts";
import { platformService } from "../../../workloads/server/roles/platform-service.ts";
import { auditDatabase, cutoff, event, expired, gather } from "./support/platform-database.ts";
import { testApp, testRuntime } from "./support/server.ts";

/** The audit log's endpoints on a memory database. */
function audit(
  store = auditDatabase([]),
  { retentionDays = 365, trustedProxy = false, authenticatingProxy = false } = {},
) {
  const runtime = testRuntime();
  const routes = auditRoutes({
    database: store.database,
    log: runtime.log,
    retentionDays,
    trustedProxy,
    authenticatingProxy,
  });
  return { ...testApp({ routes }), store, routes, runtime };
}

const exportPath = (parameters: Record<string, string>) => `/audit/export?${new URLSearchParams(parameters)}`;
const january = { startDate: "2026-01-01", endDate: "2026-01-31" };
const inJanuary = [
  event(1, "2026-01-01T00:00:00.000000Z", { subject: "=cmd" }),
  event(2, "2026-01-31T23:59:59.999999Z", { detail: '{"to": 12345678901234567890}' }),
];
const around = [event(8, "2025-12-31T23:59:59.999999Z"), ...inJanuary, event(9, "2026-02-01T00:00:00.000000Z")];

test("a CSV export has the events of whole days and a file name", async (t) => {
  const response = await audit(auditDatabase(around)).send("GET", exportPath({ format: "csv", ...january }));
  t.is(response.status, 200);
  t.is(response.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
  t.is(response.headers.get("content-disposition"), 'attachment; filename="audit-2026-01-01-2026-01-31.csv"');
  t.is(await response.text(), csvHeader + inJanuary.map(csvRecord).join(""));
});

test("a JSON export is a list whose details keep every digit", async (t) => {
  const response = await audit(auditDatabase(around)).send("GET", exportPath({ format: "json", ...january }));
  t.is(response.headers.get("content-type"), "application/json");
  const text = await response.text();
  t.true(text.includes('"detail":{"to": 12345678901234567890}'));
  t.deepEqual(JSON.parse(text)[0], { ...inJanuary[0], detail: {} });
  t.is(JSON.parse(text).length, 2);
});

test("an export without events is whole all the same", async (t) => {
  const { send } = audit();
  t.is(await (await send("GET", exportPath({ format: "csv", ...january }))).text(), csvHeader);
  t.deepEqual(await (await send("GET", exportPath({ format: "json", ...january }))).json(), []);
});

test("an export ends with today unless told otherwise", async (t) => {
  const today = new Date().toISOString().replace("Z", "000Z");
  const { send } = audit(auditDatabase([event(1, "2024-01-01T00:00:00.000000Z"), event(2, today)]));
  t.like(await (await send("GET", exportPath({ format: "json", startDate: "2024-01-01" }))).json(), {
    length: 2,
    1: { occurred_at: today },
  });
});

test("every fault of an export is named", async (t) => {
  const problems = async (parameters: Record<string, string>) => {
    const response = await audit().send("GET", exportPath(parameters));
    t.is(response.status, 400);
    return ((await response.json()) as { problems: { path: string; message: string }[] }).problems.map(
      ({ path, message }) => `${path}: ${message}`,
    );
  };
  t.deepEqual(await problems({}), ["format: expected csv or json", "startDate: expected a date such as 2024-01-31"]);
  t.deepEqual(await problems({ format: "xml", startDate: "2024-02-30", endDate: "9999-01-01", endDte: "x" }), [
    "format: expected csv or json",
    "startDate: expected a date such as 2024-01-31",
    "endDate: expected a date of the years 1970 to 9998",
    "query: expected nothing but format, startDate and endDate",
  ]);
  t.deepEqual(await problems({ format: "xml", startDate: "2024-02-02", endDate: "2024-02-01" }), [
    "format: expected csv or json",
    "endDate: expected a day that is not before startDate",
  ]);
});

test("events are read a page after the other, each from the key at which the last one ended", async (t) => {
  const { database, asked } = auditDatabase(expired(5));
  const pages = await gather(eventPages(database.query, { before: cutoff }, 2));
  t.deepEqual(
    pages.map((page) => page.map(({ id }) => id)),
    [["1", "2"], ["3", "4"], ["5"]],
  );
  t.deepEqual(
    asked.map(({ values }) => values),
    [
      ["-infinity", "0", cutoff, 2],
      ["2024-01-01T00:00:01.000000Z", "2", cutoff, 2],
      ["2024-01-01T00:00:03.000000Z", "4", cutoff, 2],
    ],
  );
});

test("an export reads no page before the client takes it", async (t) => {
  const store = auditDatabase(expired(3_500));
  const response = await audit(store).send(
    "GET",
    exportPath({ format: "csv", startDate: "2024-01-01", endDate: "2024-01-01" }),
  );
  t.is(store.asked.length, 1);
  const reader = response.body!.getReader();
  for (let chunk = 0; chunk < 3; chunk += 1) await reader.read();
  t.is(store.asked.length, 2);
  await reader.cancel();
});

test("a client that leaves while a page is read, or wants the head only, ends an export without an error", async (t) => {
  const store = auditDatabase(expired(3_500));
  const slow = (async (sql) => (await setTimeout(10), store.database.query(sql))) as Query;
  const { send, runtime } = audit({ ...store, database: { ...store.database, query: slow } });
  const path = exportPath({ format: "csv", startDate: "2024-01-01", endDate: "2024-01-01" });
  const reader = (await send("GET", path)).body!.getReader();
  for (let chunk = 0; chunk < 2; chunk += 1) await reader.read();
  const pending = reader.read();
  await setTimeout(2);
  await reader.cancel();
  t.true((await pending).done);
  t.is(await (await send("HEAD", path)).text(), "");
  await setTimeout(30);
  t.deepEqual(
    runtime.lines.filter(({ level }) => Number(level) >= 40),
    [],
  );
  t.is(store.asked.length, 3);
});

test("a database that is away when an export begins is a 503", async (t) => {
  const store = auditDatabase(
    [],
    () => new HttpProblem(503, "database_unavailable", "The database cannot answer now."),
  );
  t.is((await audit(store).send("GET", exportPath({ format: "csv", ...january }))).status, 503);
});

test.serial("an export that breaks breaks its connection, so that nobody takes a part for the whole", async (t) => {
  const { error: print } = console;
  const printed: unknown[] = [];
  console.error = (...values) => void printed.push(...values);
  t.teardown(() => void (console.error = print));
  let pages = 0;
  const store = auditDatabase(expired(2_500), () => ((pages += 1) === 2 ? new Error("connection lost") : undefined));
  const { routes, runtime } = audit(store);
  const app = buildApp(
    platformService,
    { routes, checks: [], close: async () => {} },
    { ...runtime, stopping: () => false },
  );
  const server = createAdaptorServer({ fetch: app.fetch }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const response = await fetch(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}${exportPath({ format: "csv", startDate: "2024-01-01", endDate: "2024-01-01" })}`,
  );
  t.is(response.status, 200);
  await t.throwsAsync(response.text(), { message: "terminated" });
  t.like(
    runtime.lines.find(({ msg }) => msg === "an export was cut off"),
    { level: 50, reason: "connection lost" },
  );
  t.deepEqual(
    printed.map((value) => (value as Error).message),
    ["connection lost"],
    "Hono's server prints it by itself",
  );
  await new Promise((resolve) => server.close(resolve));
});

test("the retention policy says what is kept, from when, and what is held", async (t) => {
  const store = auditDatabase([
    ...expired(2),
    event(3, "2024-06-01T00:00:00.000000Z", { hold: true }),
    event(4, cutoff, { hold: true }),
  ]);
  t.deepEqual(await (await audit(store).send("GET", "/audit/retention")).json(), {
    retention_days: 365,
    minimum_days: 90,
    compliant: true,
    cutoff,
    events: { total: 4, held: 2, expired: 2, expired_held: 1, oldest: "2024-01-01T00:00:00.000000Z" },
  });
  t.like(await (await audit(store, { retentionDays: 89 }).send("GET", "/audit/retention")).json(), {
    retention_days: 89,
    compliant: false,
  });
});

test("a cleanup refuses while anything past retention has no copy, deletes nothing, and is told of", async (t) => {
  const { send, store } = audit(
    auditDatabase([...expired(3), event(4, "2024-06-01T00:00:00.000000Z", { hold: true }), event(5, cutoff)]),
    { authenticatingProxy: true },
  );
  const response = await send("POST", "/audit/cleanup", { headers: { "X-User-Id": "ops" } });
  t.is(response.status, 409);
  t.deepEqual(await response.json(), {
    error: "not_archived",
    message:
      "3 events are past their retention and not archived. The job audit-retention copies them first and deletes them then: run it, or wait for the night.",
    expired: 3,
    held: 1,
    cutoff,
    request_id: response.headers.get("x-request-id"),
  });
  t.deepEqual(
    store
      .events()
      .slice(0, 5)
      .map(({ id }) => id),
    ["1", "2", "3", "4", "5"],
  );
  t.deepEqual(store.told(), [
    { actor: "ops", action: "audit.cleanup.refused", cutoff, expired: 3, retention_days: 365 },
  ]);
});

test("a cleanup with nothing past retention but evidence says so, and is told of too", async (t) => {
  const { send, store } = audit(
    auditDatabase([event(4, "2024-06-01T00:00:00.000000Z", { hold: true }), event(5, cutoff)]),
  );
  const response = await send("POST", "/audit/cleanup", { headers: { "X-User-Id": "ops" } });
  t.is(response.status, 200);
  t.deepEqual(await response.json(), { deleted: 0, held: 1, remaining: 0, cutoff });
  t.deepEqual(
    store.told(),
    [{ actor: "anonymous", action: "audit.cleanup", deleted: 0, cutoff, retention_days: 365 }],
    "a name that no proxy gave is nobody's",
  );
});

test("with a retention below the minimum a cleanup is a 409, and nothing is asked of the database", async (t) => {
  const { send, store } = audit(auditDatabase(expired(3)), { retentionDays: 89 });
  const response = await send("POST", "/audit/cleanup");
  t.is(response.status, 409);
  t.like(await response.json(), {
    error: "retention_below_minimum",
    message: "AUDIT_RETENTION_DAYS is 89, and events are kept for at least 90 days.",
    minimum_days: 90,
  });
  t.deepEqual(store.asked, []);
  t.like(await (await audit(auditDatabase(expired(3)), { retentionDays: 90 }).send("POST", "/audit/cleanup")).json(), {
    error: "not_archived",
  });
});

/** An audit log whose database answers any statement with one row. */
function answering(row: object) {
  const asked: { text: string; values: readonly unknown[] }[] = [];
  const query = async (sql: (typeof asked)[number]) => (asked.push(sql), [row]);
  const database = {
    query,
    transaction: (work: (given: typeof query) => unknown) => work(query),
  } as unknown as ReturnType<typeof auditDatabase>["database"];
  return {
    ...testApp({
      routes: auditRoutes({
        database,
        log: testRuntime().log,
        retentionDays: 365,
        trustedProxy: true,
        authenticatingProxy: true,
      }),
    }),
    asked,
  };
}

test("a hold is placed on the events of whole days and told of with its reason", async (t) => {
  const { send, asked } = answering({ placed: 12 });
  const response = await send("POST", "/audit/holds", {
    body: JSON.stringify({ ...january, reason: " case 7 " }),
    headers: { "X-User-Id": "legal", "X-Forwarded-For": "203.0.113.5" },
  });
  t.deepEqual(await response.json(), { placed: 12, ...january });
  t.deepEqual(asked[0]?.values, ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00.000Z"]);
  t.deepEqual(
    asked[1],
    recordEvent({
      actor: "legal",
      address: "203.0.113.5",
      requestId: response.headers.get("x-request-id"),
      action: "audit.hold.placed",
      subject: "audit_events",
      detail: { ...january, reason: "case 7", placed: 12 },
    }),
  );
});

test("a hold needs days in order and a reason that can be stored", async (t) => {
  const { send, asked } = answering({});
  const problems = async (body: object) =>
    (
      (await (await send("POST", "/audit/holds", { body: JSON.stringify(body) })).json()) as {
        problems: { path: string }[];
      }
    ).problems.map(({ path }) => path);
  t.deepEqual(await problems({}), ["startDate", "endDate", "reason"]);
  t.deepEqual(await problems({ startDate: "2026-01-02", endDate: "2026-01-01", reason: " ", hold: false }), [
    "reason",
    "body",
    "endDate",
  ]);
  t.deepEqual(await problems({ ...january, reason: "a\0b" }), ["reason"]);
  t.deepEqual(await problems({ ...january, reason: "x".repeat(501) }), ["reason"]);
  t.deepEqual(asked, []);
});

test("statistics count each action", async (t) => {
  const { send } = answering({
    total: 3,
    oldest: "a",
    newest: "b",
    size_bytes: 8192,
    action: "setting.changed",
    count: 3,
  });
  t.like(await (await send("GET", "/audit/stats")).json(), {
    total: 3,
    oldest: "a",
    newest: "b",
    size_bytes: 8192,
    actions: { "setting.changed": 3 },
  });
});

test("a user that could not be stored is refused before anything is done", async (t) => {
  const { send, store } = audit(auditDatabase(expired(1)), { authenticatingProxy: true });
  const response = await send("POST", "/audit/cleanup", { headers: { "X-User-Id": "a b" } });
  t.is(response.status, 400);
  t.like(await response.json(), { problems: [{ path: "X-User-Id" }] });
  t.deepEqual(store.asked, []);
});
