import { type AddressInfo, createServer } from "node:net";
import test from "ava";
import { readEnvironment } from "../../../workloads/server/environment.ts";
import type { CircuitState } from "../../../workloads/server/gateway/circuit-breaker.ts";
import { exposeGatewayMetrics } from "../../../workloads/server/gateway/metrics.ts";
import type { Role } from "../../../workloads/server/role.ts";
import { proxyService } from "../../../workloads/server/roles/proxy-service.ts";
import { upstreamService } from "../../../workloads/server/roles/upstream-service.ts";
import { programs } from "../../../workloads/server/systems/resilient-api-gateway.ts";
import { series, testApp, testRuntime } from "./support/server.ts";

const proxy = { ROLE: "proxy-service", REDIS_HOST: "redis" };

test("the gateway's two programs have the health endpoint that monitoring knows", (t) => {
  t.deepEqual(
    programs.map((program) => [program.name, (program as Role).healthPath]),
    [
      ["proxy-service", "/health"],
      ["upstream-service", "/health"],
    ],
  );
});

test("the proxy's defaults are the web profile and the aggressive circuit", (t) => {
  t.like(readEnvironment(proxy, programs).values, {
    REDIS_PORT: 6379,
    UPSTREAM_URL: "http://upstream-service:5001",
    UPSTREAM_TIMEOUT_MS: 5000,
    RATE_LIMIT_CAPACITY: 1000,
    RATE_LIMIT_REFILL_RATE: 100,
    CIRCUIT_BREAKER_FAILURE_THRESHOLD: 3,
    CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS: 30,
    CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD: 1,
    TRUSTED_PROXY: false,
    TRUSTED_IDENTITY: false,
  });
});

test("a rate or a circuit that could never let anything through is refused", (t) => {
  const error = t.throws(() =>
    readEnvironment(
      {
        ...proxy,
        RATE_LIMIT_CAPACITY: "0",
        RATE_LIMIT_REFILL_RATE: "0",
        CIRCUIT_BREAKER_FAILURE_THRESHOLD: "0",
        UPSTREAM_TIMEOUT_MS: "5s",
      },
      programs,
    ),
  );
  t.is(
    error.message,
    `the environment is not valid: ${[
      'UPSTREAM_TIMEOUT_MS="5s": expected a whole number from 100 to 60000',
      'RATE_LIMIT_CAPACITY="0": expected a whole number from 1 to 1000000',
      'RATE_LIMIT_REFILL_RATE="0": expected a whole number from 1 to 1000000',
      'CIRCUIT_BREAKER_FAILURE_THRESHOLD="0": expected a whole number from 1 to 10000',
    ].join("; ")}`,
  );
});

test("the upstream works, fails and takes its time", async (t) => {
  const { send } = testApp(await upstreamService.start({ UPSTREAM_SLOW_MS: 50 }, testRuntime()));
  const answer = async (path: string) => {
    const response = await send("GET", path, { headers: { "X-Request-Id": "abc-1" } });
    return [response.status, await response.json()];
  };
  t.deepEqual(await answer("/ok"), [200, { status: "ok", request_id: "abc-1" }]);
  t.deepEqual(await answer("/fail"), [
    500,
    { error: "deliberate_failure", message: "This endpoint always fails.", request_id: "abc-1" },
  ]);
  const started = performance.now();
  t.deepEqual(await answer("/slow"), [200, { status: "ok", waited_ms: 50, request_id: "abc-1" }]);
  t.true(performance.now() - started >= 49);
});

test("the upstream takes two seconds for a slow answer unless told otherwise", (t) => {
  t.is(readEnvironment({ ROLE: "upstream-service" }, programs).values["UPSTREAM_SLOW_MS"], 2000);
});

test("without Redis and upstream the proxy is ready, says what is missing and answers 502", async (t) => {
  const { values } = readEnvironment(
    {
      ...proxy,
      REDIS_HOST: "127.0.0.1",
      REDIS_PORT: await closedPort(),
      UPSTREAM_URL: `http://127.0.0.1:${await closedPort()}`,
    },
    programs,
  );
  const runtime = testRuntime();
  const service = await proxyService.start(values as never, runtime);
  const { send } = testApp(service);
  const ready = await send("GET", "/readyz");
  t.is(ready.status, 200);
  t.like(await ready.json(), {
    status: "degraded",
    checks: { redis: { status: "unavailable" }, "circuit-breaker": { status: "unavailable" } },
  });
  t.like(await (await send("GET", "/healthz")).json(), {
    checks: { "upstream-service": { status: "unavailable", need: "informative" } },
  });
  for (const name of ["ok", "fail", "slow"]) t.is((await send("GET", `/proxy/${name}`)).status, 502, name);
  t.is((await send("POST", "/proxy/ok")).status, 405);
  const page = await runtime.metrics.registry.metrics();
  t.deepEqual(
    ["rate_limit_bypassed_total", "circuit_breaker_bypassed_total"].map((name) =>
      series(page, `${name}{service="test"}`),
    ),
    ["3", "3"],
  );
  await service.close();
});

test("5xx and 429 are parts of all requests, and are there before the first of them", async (t) => {
  const runtime = testRuntime();
  exposeGatewayMetrics({ state: async () => "CLOSED" }, ["/proxy/ok", "/proxy/fail"], runtime);
  const count = async (name: string, route: string) =>
    series(await runtime.metrics.registry.metrics(), `${name}{method="GET",route="${route}",service="test"}`);
  t.deepEqual(
    [await count("http_requests_5xx_total", "/proxy/ok"), await count("http_requests_429_total", "/proxy/ok")],
    ["0", "0"],
  );
  for (const status of [200, 404, 429, 429, 499, 500, 503, 504])
    runtime.metrics.requests.inc({ method: "GET", route: "/proxy/fail", status });
  for (const _ of ["first", "second"]) {
    t.deepEqual(
      [await count("http_requests_5xx_total", "/proxy/fail"), await count("http_requests_429_total", "/proxy/fail")],
      ["3", "2"],
    );
    t.deepEqual(
      [await count("http_requests_5xx_total", "/proxy/ok"), await count("http_requests_429_total", "/proxy/ok")],
      ["0", "0"],
    );
  }
});

test("the circuit is 1 closed, 2 open and 3 half-open, and nothing while nobody knows", async (t) => {
  const runtime = testRuntime();
  const states: (CircuitState | Error)[] = ["CLOSED", "OPEN", "HALF_OPEN", new Error("away"), "OPEN"];
  exposeGatewayMetrics(
    {
      state: async () => {
        const state = states.shift()!;
        if (state instanceof Error) throw state;
        return state;
      },
    },
    [],
    runtime,
  );
  const scraped = [];
  for (let scrape = 0; scrape < 5; scrape += 1)
    scraped.push(series(await runtime.metrics.registry.metrics(), 'circuit_breaker_state{service="test"}'));
  t.deepEqual(scraped, ["1", "2", "3", undefined, "2"]);
});

/** A port of loopback on which nobody listens. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
