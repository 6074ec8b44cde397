import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";
import { proxyRoute } from "../../../../workloads/server/gateway/proxy-route.ts";
import type { Allowance } from "../../../../workloads/server/gateway/rate-limiter.ts";
import { HttpProblem } from "../../../../workloads/server/http/problem.ts";
import { testApp } from "./server.ts";

/** What a client who has used one of ten tokens is told. */
const free: Allowance = { allowed: true, limit: 10, remaining: 9, retryAfter: 0, reset: 1_760_000_000 };

interface Situation {
  readonly answer?: RequestListener;
  readonly allowance?: Allowance | "unknown";
  readonly trustedProxy?: boolean;
  readonly authenticatingProxy?: boolean;
  readonly open?: boolean;
  readonly timeout?: number;
}

/** The proxy before an upstream on loopback, and what upstream, limiter and breaker were told. */
export async function proxy(
  t: ExecutionContext,
  {
    answer = (_, response) => response.end("fine"),
    allowance = free,
    trustedProxy = false,
    authenticatingProxy = false,
    open = false,
    timeout = 2000,
  }: Situation = {},
) {
  const received: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const [clients, reports]: [string[], (string | undefined)[]] = [[], []];
  const server = createServer((request, response) => {
    received.push({ url: request.url, headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => server.close(resolve).closeAllConnections());
  t.teardown(close);
  const { send, runtime } = testApp({
    routes: [
      proxyRoute("ok", {
        limiter: async (client) => (clients.push(client), allowance === "unknown" ? undefined : allowance),
        breaker: {
          async admit() {
            if (open) throw new HttpProblem(503, "circuit_open", "Open.", { headers: { "retry-after": "12" } });
            return { report: async (failure) => void reports.push(failure) };
          },
          state: async () => "CLOSED",
        },
        upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        timeout,
        trustedProxy,
        authenticatingProxy,
      }),
    ],
  });
  return { send, runtime, received, clients, reports, close };
}
