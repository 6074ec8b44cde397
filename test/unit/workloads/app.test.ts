import test from "ava";
import { runChecks } from "../../../workloads/server/http/health.ts";
import { HttpProblem } from "../../../workloads/server/http/problem.ts";
import { createMetrics } from "../../../workloads/server/observability/metrics.ts";
import { reasonOf } from "../../../workloads/server/reason.ts";
import type { Route } from "../../../workloads/server/role.ts";
import { series, testApp } from "./support/server.ts";

const routes: Route[] = [
  { method: "GET", path: "/things/:id", handle: (context) => context.json({ id: context.req.param("id") }) },
  {
    method: "POST",
    path: "/fail",
    handle: () => {
      throw new Error("password=hunter2");
    },
  },
  {
    method: "POST",
    path: "/away",
    handle: () => {
      throw new HttpProblem(503, "away", "Away.", { headers: { "retry-after": "5" } });
    },
  },
];
const works = { name: "works", need: "required", run: async () => "fine" } as const;
const broken = { name: "broken", run: () => Promise.reject(new Error("refused")) };

test("what is not there is a 404 in JSON", async (t) => {
  const response = await testApp({ routes }).send("GET", "/nothing");
  t.is(response.status, 404);
  t.like(await response.json(), { error: "not_found", message: "There is nothing at /nothing." });
});

test("a wrong method is a 405 that names the right ones", async (t) => {
  const response = await testApp({ routes }).send("DELETE", "/things/1");
  t.is(response.status, 405);
  t.is(response.headers.get("allow"), "GET, HEAD");
  t.like(await response.json(), { error: "method_not_allowed" });
});

test("an unexpected error is a 500 that tells the client nothing but the request id", async (t) => {
  const { send, runtime } = testApp({ routes });
  const response = await send("POST", "/fail", { headers: { "X-Request-Id": "abc-1" } });
  t.is(response.status, 500);
  const body = await response.text();
  t.false(body.includes("hunter2"));
  t.is(JSON.parse(body).request_id, "abc-1");
  t.is(response.headers.get("x-request-id"), "abc-1");
  t.true(runtime.lines.some(({ msg, requestId }) => msg === "request failed" && requestId === "abc-1"));
});

test("a request id that could forge log lines or headers is replaced", async (t) => {
  const response = await testApp({ routes }).send("GET", "/things/1", { headers: { "X-Request-Id": "a b" } });
  t.regex(response.headers.get("x-request-id")!, /^[0-9a-f-]{36}$/);
});

test("requests are counted by pattern, probes are not, and only 5xx are errors", async (t) => {
  const { send } = testApp({ routes });
  await send("GET", "/things/1");
  await send("GET", "/things/2");
  await send("GET", "/x");
  await send("POST", "/away");
  await send("GET", "/livez");
  const page = await (await send("GET", "/metrics")).text();
  t.is(series(page, 'http_requests_total{method="GET",route="/things/:id",status="200",service="test"}'), "2");
  t.is(series(page, 'http_requests_total{method="GET",route="unmatched",status="404",service="test"}'), "1");
  t.is(series(page, 'http_request_errors_total{method="POST",route="/away",service="test"}'), "1");
  t.false(page.includes('http_request_errors_total{method="GET",route="unmatched"'));
  t.false(page.includes('route="/livez"'));
  for (const bound of ["0.05", "0.1", "0.2", "0.5"])
    t.true(page.includes(`http_request_duration_seconds_bucket{le="${bound}"`), bound);
});

test("errors and durations of every route are told from 0, because a rate does not see a first error that a series begins with", async (t) => {
  const probe: Route = { method: "GET", path: "/asked", probe: true, handle: (context) => context.text("ok") };
  const { send } = testApp({ routes: [...routes, probe] });
  const page = await (await send("GET", "/metrics")).text();
  for (const labels of [
    'method="GET",route="/things/:id"',
    'method="POST",route="/fail"',
    'method="POST",route="/away"',
  ]) {
    t.is(series(page, `http_request_errors_total{${labels},service="test"}`), "0");
    t.is(series(page, `http_request_duration_seconds_count{service="test",${labels}}`), "0");
  }
  t.false(page.includes('route="/asked"'));
});

test("a server's metrics are beside those of its process, under the server's name", async (t) => {
  const page = await createMetrics("test").registry.metrics();
  t.true(Number(series(page, 'process_resident_memory_bytes{service="test"}')) > 0);
  t.is(series(page, 'active_connections{service="test"}'), "0");
});

test("a log line has what is needed to find a request, and no query", async (t) => {
  const { send, runtime } = testApp({ routes });
  await send("GET", "/things/1?token=secret", { headers: { authorization: "Bearer secret" } });
  const line = runtime.lines.find(({ msg }) => msg === "request")!;
  t.like(line, { method: "GET", path: "/things/1", status: 200 });
  t.is(typeof line["durationMs"], "number");
  t.false(JSON.stringify(runtime.lines).includes("secret"));
});

test("health says that this is the contract server", async (t) => {
  const response = await testApp({ checks: [works] }).send("GET", "/healthz");
  t.is(response.status, 200);
  t.like(await response.json(), {
    status: "ok",
    service: "test",
    implementation: "contract-server",
    version: "v9",
    checks: { works: { status: "ok", need: "required", detail: "fine" } },
  });
});

test("without something optional the role is degraded and ready", async (t) => {
  const response = await testApp({ checks: [works, { ...broken, need: "optional" }] }).send("GET", "/readyz");
  t.is(response.status, 200);
  t.like(await response.json(), {
    status: "degraded",
    checks: { broken: { status: "unavailable", detail: "refused" } },
  });
});

test("without something required the role is alive and not ready", async (t) => {
  const { send } = testApp({ checks: [{ ...broken, need: "required" }] });
  t.is((await send("GET", "/readyz")).status, 503);
  t.is((await send("GET", "/livez")).status, 200);
});

test("another service is asked for by health only", async (t) => {
  const { send } = testApp({ checks: [works, { ...broken, need: "informative" }] });
  t.deepEqual(Object.keys(((await (await send("GET", "/readyz")).json()) as { checks: object }).checks), ["works"]);
  const health = await send("GET", "/healthz");
  t.is(health.status, 200);
  t.like(await health.json(), { status: "degraded" });
});

test("a stopping server is not ready and closes its connections", async (t) => {
  const { send } = testApp({ routes, checks: [works] }, { stopping: true });
  const response = await send("GET", "/readyz");
  t.is(response.status, 503);
  t.is(response.headers.get("connection"), "close");
  t.like(await response.json(), { status: "stopping" });
  t.is((await send("GET", "/livez")).status, 200);
});

test("a check without an answer fails after its time", async (t) => {
  const [result] = await runChecks([{ name: "silent", need: "required", run: () => new Promise(() => {}) }], 20);
  t.like(result, { ok: false, detail: "no answer within 20 ms" });
});

test("a reason is looked for in the cause and in the parts of an error", (t) => {
  t.is(reasonOf(new Error("plain")), "plain");
  t.is(
    reasonOf(
      new TypeError("fetch failed", {
        cause: new AggregateError([new Error("connect ECONNREFUSED ::1:80"), new Error("other")]),
      }),
    ),
    "connect ECONNREFUSED ::1:80",
  );
  t.is(reasonOf("text"), "text");
});
