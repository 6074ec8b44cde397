import { isIP } from "node:net";
import { clientAddress, isUserId, type Sender } from "../http/client.ts";
import { clientHeader, type Front, nameIn } from "../http/front.ts";
import { HttpProblem, invalidRequest } from "../http/problem.ts";
import { senderOf } from "../http/sender.ts";
import type { RequestContext, Route } from "../role.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { upstreamHeaders } from "./headers.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { type Answer, askUpstream } from "./upstream.ts";

/** What the proxy works with. */
export interface ProxyParts extends Front {
  readonly limiter: RateLimiter;
  readonly breaker: CircuitBreaker;
  /** Base address, without a slash at its end. */
  readonly upstream: string;
  /** How long the upstream may take, in ms. */
  readonly timeout: number;
}

/** `GET /proxy/<name>`: the upstream's `/<name>`, within the client's rate and while the circuit lets it (G01). */
export const proxyRoute = (name: string, { limiter, breaker, upstream, timeout, ...front }: ProxyParts): Route => ({
  method: "GET",
  path: `/proxy/${name}`,
  async handle(context) {
    const sender = senderOf(context, front.trustedProxy);
    const url = `${upstream}/${name}${new URL(context.req.url).search}`;
    const headers = upstreamHeaders(context.req.raw.headers, sender, front, context.get("requestId"));
    await admit(context, clientOf(context, sender, front), limiter);
    const permit = await breaker.admit();
    const outcome = await askUpstream(url, headers, timeout);
    await permit.report(outcome.failure);
    if ("problem" in outcome) throw outcome.problem;
    return passOn(context, outcome.answer);
  },
});

/**
 * Who is counted: the client that an authenticating proxy names, or an address. A name in the form of an address would
 * take another's tokens.
 */
function clientOf(context: RequestContext, sender: Sender, front: Front): string {
  const name = nameIn(context, clientHeader, front);
  if (name === undefined) return clientAddress(sender);
  if (isUserId(name) && !isIP(name)) return name;
  throw invalidRequest([
    {
      path: clientHeader,
      message: "expected 1 to 64 letters, digits, dots, hyphens or underscores that are not an address",
    },
  ]);
}

/** Takes a token; every answer then shows what is left, unless nobody could say. */
async function admit(context: RequestContext, client: string, limiter: RateLimiter): Promise<void> {
  const allowance = await limiter(client);
  if (!allowance) return;
  const { allowed, limit, remaining, retryAfter, reset } = allowance;
  for (const [name, value] of Object.entries({ Limit: limit, Remaining: remaining, Reset: reset }))
    context.header(`X-RateLimit-${name}`, String(value));
  if (!allowed) {
    throw new HttpProblem(
      429,
      "rate_limit_exceeded",
      `A client may make ${limit} requests at once; they come back with time.`,
      { details: { limit, reset }, headers: { "retry-after": String(retryAfter) } },
    );
  }
}

/** The upstream's answer as it came; the rate is the proxy's own. */
function passOn(context: RequestContext, { status, headers, body }: Answer): Response {
  for (const name of ["limit", "remaining", "reset"]) headers.delete(`x-ratelimit-${name}`);
  return context.newResponse(body.byteLength > 0 ? body : null, { status: status as 200, headers });
}
