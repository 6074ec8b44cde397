import test from "ava";
import { answerLimit } from "../../../workloads/server/gateway/upstream.ts";
import { proxy } from "./support/gateway-proxy.ts";

test("an answer comes through with its status, headers and body, and the client's own rate", async (t) => {
  const { send, reports } = await proxy(t, {
    answer: (_, response) =>
      response
        .writeHead(201, {
          "content-type": "text/plain",
          etag: '"1"',
          "x-ratelimit-limit": "77",
          "set-cookie": ["a=1", "b=2"],
        })
        .end("made"),
  });
  const response = await send("GET", "/proxy/ok");
  t.deepEqual([response.status, await response.text()], [201, "made"]);
  t.deepEqual(
    ["content-type", "etag", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map((name) =>
      response.headers.get(name),
    ),
    ["text/plain", '"1"', "10", "9", "1760000000"],
  );
  t.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  t.deepEqual(reports, [undefined]);
});

test("the upstream gets path and query, the request id, the client's address and no header of the client's connection", async (t) => {
  const { send, received } = await proxy(t);
  const given = {
    "X-Request-Id": "abc-1",
    accept: "text/x",
    connection: "close, x-secret-hop, not a name",
    "x-secret-hop": "1",
    te: "trailers",
    "proxy-authorization": "Basic x",
    expect: "nothing",
    "content-length": "3",
    "x-client-id": "forged",
  };
  const response = await send("GET", "/proxy/ok?a=1&b=%20", { headers: given });
  t.is(response.status, 200);
  t.is(response.headers.get("x-request-id"), "abc-1");
  t.is(received[0]?.url, "/ok?a=1&b=%20");
  t.like(received[0]?.headers, {
    "x-request-id": "abc-1",
    "x-forwarded-for": "10.0.0.7",
    accept: "text/x",
    "accept-encoding": "identity",
  });
  for (const name of ["x-secret-hop", "te", "proxy-authorization", "expect", "content-length", "x-client-id"])
    t.is(received[0]?.headers[name], undefined, name);
});

test("headers of the upstream's connection do not reach the client", async (t) => {
  const { send } = await proxy(t, {
    answer: (_, response) =>
      response.writeHead(200, { connection: "keep-alive, x-hop", "x-hop": "1", "keep-alive": "timeout=5" }).end("fine"),
  });
  const { headers } = await send("GET", "/proxy/ok");
  t.deepEqual(
    ["connection", "keep-alive", "x-hop", "transfer-encoding"].map((name) => headers.get(name)),
    [null, null, null, null],
  );
});

test("a redirect is the client's to follow", async (t) => {
  const { send, received, reports } = await proxy(t, {
    answer: (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/inside" }).end(),
  });
  const response = await send("GET", "/proxy/ok");
  t.deepEqual(
    [response.status, response.headers.get("location"), received.length],
    [302, "http://127.0.0.1:1/inside", 1],
  );
  t.deepEqual(reports, [undefined]);
});

test("an answer that has no body comes through", async (t) => {
  const { send } = await proxy(t, { answer: (_, response) => response.writeHead(204).end() });
  const response = await send("GET", "/proxy/ok");
  t.deepEqual([response.status, await response.text()], [204, ""]);
});

test("a 4xx of the upstream is passed on and is no failure", async (t) => {
  const { send, reports } = await proxy(t, { answer: (_, response) => response.writeHead(404).end("none") });
  const response = await send("GET", "/proxy/ok");
  t.deepEqual([response.status, await response.text()], [404, "none"]);
  t.deepEqual(reports, [undefined]);
});

test("a 5xx of the upstream is passed on as it came and is a failure", async (t) => {
  const { send, reports } = await proxy(t, {
    answer: (_, response) => response.writeHead(503, { "retry-after": "9" }).end("busy"),
  });
  const response = await send("GET", "/proxy/ok");
  t.deepEqual([response.status, response.headers.get("retry-after"), await response.text()], [503, "9", "busy"]);
  t.deepEqual(reports, ["status 503"]);
});

test("an upstream that says nothing in time is a 504 and a failure", async (t) => {
  const { send, reports } = await proxy(t, { answer: () => {}, timeout: 30 });
  const response = await send("GET", "/proxy/ok");
  t.is(response.status, 504);
  t.like(await response.json(), { error: "upstream_timeout" });
  t.deepEqual(reports, ["no answer within 30 ms"]);
});

test("an upstream that stops in the middle of its answer is a 504 and no half answer", async (t) => {
  const { send, reports } = await proxy(t, {
    answer: (_, response) => void response.writeHead(200, { "content-length": "100" }).write("half"),
    timeout: 30,
  });
  const response = await send("GET", "/proxy/ok");
  t.is(response.status, 504);
  t.deepEqual(reports, ["no answer within 30 ms"]);
});

test("an upstream that breaks off is a 502 and a failure", async (t) => {
  const { send, reports } = await proxy(t, {
    answer: (_, response) =>
      void response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy()),
  });
  const response = await send("GET", "/proxy/ok");
  t.is(response.status, 502);
  t.like(await response.json(), { error: "upstream_unreachable" });
  t.is(reports.length, 1);
});

test("an upstream that is away is a 502 and a failure that names the reason, and the client learns no address", async (t) => {
  const { send, reports, close } = await proxy(t);
  await close();
  const response = await send("GET", "/proxy/ok");
  t.is(response.status, 502);
  const text = await response.text();
  t.is(JSON.parse(text).error, "upstream_unreachable");
  t.false(text.includes("127.0.0.1"));
  t.regex(reports[0]!, /^connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
});

test("an answer of the largest size is passed on, and a larger one is a 502 and a failure", async (t) => {
  let size = answerLimit;
  const { send, reports } = await proxy(t, { answer: (_, response) => response.end(Buffer.alloc(size)) });
  t.is((await (await send("GET", "/proxy/ok")).arrayBuffer()).byteLength, answerLimit);
  size += 1;
  const response = await send("GET", "/proxy/ok");
  t.is(response.status, 502);
  t.like(await response.json(), { error: "upstream_answer_too_large" });
  t.deepEqual(reports, [undefined, "upstream_answer_too_large"]);
});
