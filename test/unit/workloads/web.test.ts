import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { bgcWeb } from "../../../workloads/server/roles/bgc-web.ts";
import { testApp, testRuntime } from "./support/server.ts";

/** The web front before an API that answers with one status and body and remembers what it was sent. */
async function front(status: number, answer: object, headers: Record<string, string> = {}) {
  const received: { headers: IncomingHttpHeaders; body: unknown }[] = [];
  const api = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body: JSON.parse(body) });
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const environment = {
    API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    API_TIMEOUT_MS: 2000,
    TRUSTED_PROXY: false,
  };
  const { send } = testApp(await bgcWeb.start(environment, testRuntime()));
  return { send, received, close: () => new Promise((resolve) => api.close(resolve).closeAllConnections()) };
}

const form = { "content-type": "application/x-www-form-urlencoded" };

test("the page forbids scripts and everything foreign", async (t) => {
  const { send, close } = await front(200, {});
  const response = await send("GET", "/");
  t.is(response.status, 200);
  t.regex(
    response.headers.get("content-security-policy")!,
    /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  );
  t.false((await response.text()).includes("<script"));
  await close();
});

test("a program gets the API's own answer and quota, and the API gets the client", async (t) => {
  const { send, received, close } = await front(
    429,
    { error: "rate_limit_exceeded" },
    { "retry-after": "60", "x-ratelimit-remaining": "0" },
  );
  const response = await send("POST", "/api/simulate", {
    body: '{"ncm":"1"}',
    headers: { "content-type": "application/json", "X-User-Id": "forged" },
  });
  t.is(response.status, 429);
  t.deepEqual([response.headers.get("retry-after"), response.headers.get("x-ratelimit-remaining")], ["60", "0"]);
  t.deepEqual(await response.json(), { error: "rate_limit_exceeded" });
  t.is(received[0]?.headers["x-forwarded-for"], "10.0.0.7");
  t.is(received[0]?.headers["x-user-id"], undefined);
  await close();
});

test("a form is sent as numbers, and text in their place as null", async (t) => {
  const { send, received, close } = await front(200, { destinations: [] });
  await send("POST", "/api/simulate", { body: "ncm=02013000&volume_kg=12.5&max_results=many", headers: form });
  t.deepEqual(received[0]?.body, { ncm: "02013000", volume_kg: 12.5, max_results: null });
  await close();
});

test("the page shows what the API refuses, escaped, with the API's status and quota", async (t) => {
  const { send, close } = await front(
    400,
    { message: "The request is not valid.", problems: [{ path: "ncm", message: "<b>bad</b>" }] },
    { "x-ratelimit-remaining": "4" },
  );
  const response = await send("POST", "/api/simulate", {
    body: 'ncm="><script>1</script>&volume_kg=1&max_results=1',
    headers: form,
  });
  const page = await response.text();
  t.is(response.status, 400);
  t.is(response.headers.get("x-ratelimit-remaining"), "4");
  t.regex(response.headers.get("content-type")!, /^text\/html/);
  t.true(page.includes("ncm: &lt;b&gt;bad&lt;/b&gt;"));
  t.false(page.includes("<script"));
  await close();
});

test("an API that is away is a 502", async (t) => {
  const { send, close } = await front(200, {});
  await close();
  const response = await send("POST", "/api/simulate", { body: "{}" });
  t.is(response.status, 502);
  t.like(await response.json(), { error: "api_unreachable" });
});
