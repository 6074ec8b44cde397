import test from "ava";
import { proxy } from "./support/gateway-proxy.ts";

test("a client beyond its rate is refused with the time to wait, and the upstream is not asked", async (t) => {
  const { send, received } = await proxy(t, {
    allowance: { allowed: false, limit: 10, remaining: 0, retryAfter: 3, reset: 1_760_000_010 },
  });
  const response = await send("GET", "/proxy/ok");
  t.is(response.status, 429);
  t.deepEqual(
    ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map((name) =>
      response.headers.get(name),
    ),
    ["3", "10", "0", "1760000010"],
  );
  t.like(await response.json(), { error: "rate_limit_exceeded", limit: 10, reset: 1_760_000_010 });
  t.is(received.length, 0);
});

test("an open circuit is a 503 at once, with the client's rate, and the upstream is not asked", async (t) => {
  const { send, received } = await proxy(t, { open: true });
  const response = await send("GET", "/proxy/ok");
  t.is(response.status, 503);
  t.deepEqual(
    ["retry-after", "x-ratelimit-remaining"].map((name) => response.headers.get(name)),
    ["12", "9"],
  );
  t.like(await response.json(), { error: "circuit_open" });
  t.is(received.length, 0);
});

test("a rate that nobody could ask for is not shown", async (t) => {
  const { send } = await proxy(t, { allowance: "unknown" });
  const response = await send("GET", "/proxy/ok");
  t.deepEqual([response.status, response.headers.get("x-ratelimit-limit")], [200, null]);
});

test("without a trusted proxy a client is its address, whatever it says", async (t) => {
  const { send, clients } = await proxy(t);
  await send("GET", "/proxy/ok", { headers: { "X-Client-Id": "partner", "X-Forwarded-For": "203.0.113.5" } });
  await send("GET", "/proxy/ok", { headers: { "X-Client-Id": "not valid" } });
  t.deepEqual(clients, ["10.0.0.7", "10.0.0.7"]);
});

test("a proxy that logs nobody in names no client: three names from one address are one client, and the upstream hears of none", async (t) => {
  const { send, clients, received } = await proxy(t, { trustedProxy: true });
  for (const name of ["partner", "other", "not valid"]) {
    t.is(
      (
        await send("GET", "/proxy/ok", {
          headers: { "X-Client-Id": name, "X-User-Id": "admin", "X-Forwarded-For": "203.0.113.5" },
        })
      ).status,
      200,
      name,
    );
  }
  t.deepEqual(clients, ["203.0.113.5", "203.0.113.5", "203.0.113.5"]);
  t.deepEqual(
    received.flatMap(({ headers }) => Object.keys(headers)).filter((name) => /^x-(client|user)-id$/.test(name)),
    [],
  );
});

test("addresses that a client writes before that of the proxy do not choose its bucket", async (t) => {
  const { send, clients } = await proxy(t, { trustedProxy: true });
  for (const forged of ["198.51.100.1", "198.51.100.2, 198.51.100.3"])
    await send("GET", "/proxy/ok", { headers: { "X-Forwarded-For": `${forged}, 203.0.113.5` } });
  t.deepEqual(clients, ["203.0.113.5", "203.0.113.5"]);
});

test("behind an authenticating proxy a client is who the proxy names, or its address, and the upstream is told both", async (t) => {
  const { send, clients, received } = await proxy(t, { trustedProxy: true, authenticatingProxy: true });
  await send("GET", "/proxy/ok", {
    headers: { "X-Client-Id": "partner-1", "X-Forwarded-For": "198.51.100.1, 203.0.113.5" },
  });
  await send("GET", "/proxy/ok", { headers: { "X-Forwarded-For": "203.0.113.5" } });
  t.deepEqual(clients, ["partner-1", "203.0.113.5"]);
  t.like(received[0]?.headers, { "x-client-id": "partner-1", "x-forwarded-for": "198.51.100.1, 203.0.113.5" });
});

test("a client's name that could be another key is a 400 and costs nothing", async (t) => {
  const { send, clients, received } = await proxy(t, { trustedProxy: true, authenticatingProxy: true });
  for (const name of ["a:b", "a b", "x".repeat(65), "203.0.113.5"]) {
    const response = await send("GET", "/proxy/ok", { headers: { "X-Client-Id": name } });
    t.is(response.status, 400, name);
    t.like(await response.json(), { error: "invalid_request", problems: [{ path: "X-Client-Id" }] });
  }
  t.deepEqual([clients, received], [[], []]);
});
