import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import test from "ava";
import { exportVolumeUsage } from "../../../workloads/server/edi/home.ts";
import { exportDatabaseMetrics } from "../../../workloads/server/edi/metrics.ts";
import { webRoutes } from "../../../workloads/server/edi/routes.ts";
import { shared } from "../../../workloads/server/edi/shared.ts";
import { contentHash } from "../../../workloads/server/edi/transactions.ts";
import { botsWebserver } from "../../../workloads/server/roles/bots-webserver.ts";
import { purchaseOrder } from "./support/edi-payloads.ts";
import { type FakeAnswer, fakeSession, serverError } from "./support/fake-mysql.ts";
import { series, testApp, testRuntime } from "./support/server.ts";

const order = { partner: "ACME", editype: "x12", messagetype: "850", payload: purchaseOrder };
const detail = {
  id: 7,
  partner: "ACME",
  editype: "x12",
  messagetype: "850",
  file_name: null,
  content_sha256: "c",
  state: "done",
  attempts: 1,
  reason: null,
  created_at: "2026-01-09 12:00:00.000000",
  finished_at: "2026-01-09 12:00:01.500000",
  processing_seconds: 0.25,
  kind: "997",
  body: "ISA~",
  segments: 8,
  worker: "bots-jobqueue-1",
};

/** The web server on a database that answers so. */
function web(answers: [RegExp, FakeAnswer | ((values: readonly unknown[]) => FakeAnswer)][] = []) {
  const fake = fakeSession([
    ...answers,
    [/WHERE t\.id = \?/, ([id]) => (id === 7 ? [detail] : [])],
    [/^INSERT/, { id: 7, rows: 1 }],
  ]);
  return { ...fake, ...testApp({ routes: webRoutes({ database: fake.session, version: "v1.2.0", pageLimit: 2 }) }) };
}

test("a transaction is taken into the queue and shown at its address", async (t) => {
  const { send, calls } = web();
  const response = await send("POST", "/api/transactions", { body: JSON.stringify(order) });
  t.is(response.status, 201);
  t.is(response.headers.get("location"), "/api/transactions/7");
  t.deepEqual(calls[0]?.values, [
    "ACME",
    "x12",
    "850",
    purchaseOrder,
    contentHash({ ...order, dedupKey: null, fileName: null }),
    null,
    null,
  ]);
  t.deepEqual(await response.json(), {
    id: 7,
    partner: "ACME",
    editype: "x12",
    messagetype: "850",
    file_name: null,
    state: "done",
    attempts: 1,
    reason: null,
    created_at: "2026-01-09T12:00:00.000000Z",
    finished_at: "2026-01-09T12:00:01.500000Z",
    processing_seconds: 0.25,
    acknowledgement: {
      kind: "997",
      segments: 8,
      worker: "bots-jobqueue-1",
      file: "botssys/outfile/7.x12",
      body: "ISA~",
    },
  });
});

test("the same idempotency key gives the same transaction, and is refused for another one", async (t) => {
  const known = { ...order, dedupKey: "api:k-1", fileName: null };
  const { send, valuesOf } = web([
    [/^INSERT/, serverError(1062)],
    [/WHERE dedup_key = \?/, [{ id: 7, content_sha256: contentHash(known) }]],
  ]);
  const headers = { "Idempotency-Key": "k-1" };
  const again = await send("POST", "/api/transactions", { body: JSON.stringify(order), headers });
  t.is(again.status, 200);
  t.like(await again.json(), { id: 7 });
  t.deepEqual(valuesOf(/dedup_key = \?/), [["api:k-1"]]);
  const other = await send("POST", "/api/transactions", {
    body: JSON.stringify({ ...order, partner: "OTHER" }),
    headers,
  });
  t.is(other.status, 400);
  t.like(await other.json(), {
    error: "invalid_request",
    problems: [{ path: "Idempotency-Key", message: "belongs to transaction 7, which is another one" }],
  });
});

test("every fault of a transaction is listed, and nothing is stored", async (t) => {
  const { send, calls } = web();
  const response = await send("POST", "/api/transactions", {
    body: JSON.stringify({ partner: "A\nB", editype: "csv", payload: "" }),
    headers: { "Idempotency-Key": "a b" },
  });
  t.is(response.status, 400);
  t.deepEqual(((await response.json()) as { problems: object }).problems, [
    { path: "Idempotency-Key", message: "expected 1 to 128 visible ASCII characters" },
    { path: "partner", message: "expected 1 to 64 characters without control characters" },
    { path: "editype", message: "expected one of x12, edifact, json" },
    { path: "messagetype", message: "expected 1 to 64 characters without control characters" },
    { path: "payload", message: "expected a text that is not empty" },
  ]);
  t.deepEqual(calls, []);
});

test("a body beyond the server's limit is refused", async (t) => {
  const response = await web().send("POST", "/api/transactions", {
    body: JSON.stringify({ ...order, payload: "x".repeat(70_000) }),
  });
  t.is(response.status, 413);
});

test("a transaction that is not there, or an id that is none, is a 404", async (t) => {
  const { send } = web();
  for (const id of ["8", "0", "-1", "7x", "99999999999999999999"])
    t.is((await send("GET", `/api/transactions/${id}`)).status, 404, id);
  t.is((await send("GET", "/api/transactions/7")).status, 200);
});

const statsRow = { transactions: 200, errors: "3", average_seconds: 0.5, depth: 12 };

test("the numbers are those of the runbook's dashboard", async (t) => {
  t.deepEqual(await (await web([[/AVG/, [statsRow]]]).send("GET", "/api/stats")).json(), {
    window_hours: 24,
    transactions: 200,
    errors: 3,
    error_rate: 0.015,
    queue_depth: 12,
    average_processing_seconds: 0.5,
  });
  const none = [{ transactions: 0, errors: null, average_seconds: null, depth: 0 }];
  t.deepEqual(await (await web([[/AVG/, none]]).send("GET", "/api/stats")).json(), {
    window_hours: 24,
    transactions: 0,
    errors: 0,
    error_rate: 0,
    queue_depth: 0,
    average_processing_seconds: null,
  });
});

test("the list shows the numbers and the newest transactions, escaped and without payloads", async (t) => {
  const rows = [
    { ...detail, id: 9, partner: "<b>ACME</b>", state: "error", reason: "SE says 5" },
    { ...detail, id: 8 },
  ];
  const { send, valuesOf } = web([
    [/AVG/, [statsRow]],
    [/ORDER BY t\.id DESC/, rows],
  ]);
  const response = await send("GET", "/admin/");
  const page = await response.text();
  t.regex(response.headers.get("content-security-policy")!, /^default-src 'none'; style-src 'sha256-[^']+';/);
  for (const part of [
    "<dd>200</dd>",
    "<dd>1.50 %</dd>",
    "<dd>12</dd>",
    "<dd>0.500 s</dd>",
    "&lt;b&gt;ACME&lt;/b&gt;",
    "SE says 5",
    'href="/admin/?before=8"',
    "2026-01-09 12:00:00<",
  ])
    t.true(page.includes(part), part);
  t.false(page.includes("ISA~"));
  await send("GET", "/admin/?before=8");
  await send("GET", "/admin/?before=x");
  t.deepEqual(valuesOf(/ORDER BY t\.id DESC/), [
    [Number.MAX_SAFE_INTEGER, 2],
    [8, 2],
    [Number.MAX_SAFE_INTEGER, 2],
  ]);
});

test("the start page leads on, and a short list has no older page", async (t) => {
  const { send } = web([[/AVG/, [statsRow]]]);
  t.true((await (await send("GET", "/")).text()).includes('href="/admin/"'));
  t.false((await (await send("GET", "/admin/")).text()).includes("before="));
});

test("metrics have the runbook's names and the database's numbers", async (t) => {
  const tally = [
    { state: "done", le: "0.005", transactions: "40", seconds: 0.1 },
    { state: "error", le: "60", transactions: "2", seconds: 80 },
  ];
  const { metrics } = testRuntime();
  exportDatabaseMetrics(
    fakeSession([
      [/bots_tally/, tally],
      [/AS depth/, [{ depth: 5, engine: "1767960000.5" }]],
    ]).session,
    metrics.registry,
  );
  const page = await metrics.registry.metrics();
  const values = (...names: string[]) => names.map((name) => series(page, name));
  t.deepEqual(
    values(
      'bots_transactions_total{service="test"}',
      'bots_errors_total{service="test"}',
      'bots_queue_depth{service="test"}',
      'bots_database_up{service="test"}',
      'bots_engine_last_run_timestamp_seconds{service="test"}',
    ),
    ["42", "2", "5", "1", "1767960000.5"],
  );
  t.deepEqual(
    values(
      ...["0.005", "30", "60", "300", "+Inf"].map(
        (le) => `bots_processing_duration_seconds_bucket{le="${le}",service="test"}`,
      ),
    ),
    ["40", "40", "42", "42", "42"],
  );
  t.deepEqual(
    values(
      'bots_processing_duration_seconds_sum{service="test"}',
      'bots_processing_duration_seconds_count{service="test"}',
    ),
    ["80.1", "42"],
  );
  t.true(page.includes("# TYPE bots_processing_duration_seconds histogram"));
  t.true(page.includes("# TYPE bots_transactions_total counter"));
});

test("while the database is away the page of metrics is there, and says so without inventing numbers", async (t) => {
  const { metrics } = testRuntime();
  exportDatabaseMetrics(fakeSession([[/./, new Error("away")]]).session, metrics.registry);
  const page = await metrics.registry.metrics();
  t.is(series(page, 'bots_database_up{service="test"}'), "0");
  for (const name of ["bots_transactions_total", "bots_queue_depth", "bots_processing_duration_seconds_count"])
    t.is(series(page, `${name}{service="test"}`), undefined, name);
});

test("the database is asked once for all metrics of a page", async (t) => {
  const { session, calls } = fakeSession([[/AS depth/, [{ depth: 0, engine: null }]]]);
  const { metrics } = testRuntime();
  exportDatabaseMetrics(session, metrics.registry);
  await metrics.registry.metrics();
  t.is(calls.length, 2);
  await metrics.registry.metrics();
  t.is(calls.length, 4);
});

test("calls share what is under way, and begin anew after a failure", async (t) => {
  let calls = 0;
  const work = shared(async () => {
    calls += 1;
    await new Promise(setImmediate);
    if (calls === 1) throw new Error("no");
    return calls;
  });
  t.deepEqual(
    (await Promise.allSettled([work(), work()])).map(({ status }) => status),
    ["rejected", "rejected"],
  );
  t.deepEqual(await Promise.all([work(), work()]), [2, 2]);
});

test("the volume's numbers are those of its file system, and none when it is gone", async (t) => {
  const root = mkdtempSync(`${tmpdir()}/volume-`);
  const { metrics } = testRuntime();
  exportVolumeUsage({ root }, metrics.registry);
  const page = await metrics.registry.metrics();
  const [used, capacity] = ["used", "capacity"].map((name) =>
    Number(series(page, `bots_volume_${name}_bytes{service="test"}`)),
  );
  const { bsize, blocks, bfree, bavail } = await statfs(root);
  t.true(Math.abs(used! - (blocks - bfree) * bsize) < 1e9);
  t.true(Math.abs(capacity! - (blocks - bfree + bavail) * bsize) < 1e9);
  rmSync(root, { recursive: true });
  t.is(series(await metrics.registry.metrics(), 'bots_volume_used_bytes{service="test"}'), "Nan");
});

test("the web server is alive and answers pings without its database and volume, and is not ready", async (t) => {
  // Nothing listens there any more.
  const free = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => free.once("listening", resolve));
  const { port } = free.address() as { port: number };
  await new Promise((resolve) => free.close(resolve));
  const runtime = testRuntime();
  const service = await botsWebserver.start(
    {
      MYSQL_HOST: "127.0.0.1",
      MYSQL_PORT: port,
      MYSQL_DATABASE: "d",
      MYSQL_USER: "u",
      MYSQL_PASSWORD_FILE: "/nowhere",
      MYSQL_SSL_MODE: "DISABLED",
      MYSQL_POOL_MAX: 2,
      MYSQL_CONNECT_TIMEOUT_MS: 500,
      MYSQL_STATEMENT_TIMEOUT_MS: 500,
      MYSQL_WAIT_TIMEOUT_SECONDS: 45,
      BOTS_HOME: "/nowhere/bots",
      BOTS_CONFIG_FILE: undefined,
      MAX_ATTEMPTS: 0,
      ENGINE_MAX_SECONDS: 0,
      PAGE_LIMIT: 0,
    },
    runtime,
  );
  const { send } = testApp(service);
  t.deepEqual(await (await send("GET", "/health/live")).json(), {
    status: "ok",
    service: "bots-webserver",
    implementation: "contract-server",
    version: "v1.2.0",
  });
  t.is(await (await send("GET", "/health/ping")).text(), "pong");
  const ready = await send("GET", "/healthz");
  t.is(ready.status, 503);
  const { checks } = (await ready.json()) as { checks: Record<string, { status: string; detail: string }> };
  t.deepEqual(
    Object.entries(checks).map(([name, { status }]) => [name, status]),
    [
      ["mysql", "unavailable"],
      ["migrations", "unavailable"],
      ["paths", "unavailable"],
    ],
  );
  t.regex(checks["mysql"]!.detail, /ECONNREFUSED/);
  t.regex(checks["paths"]!.detail, /ENOENT/);
  t.is((await send("GET", "/api/stats")).status, 503);
  await service.close();
});
