import type { Cache } from "../data/cache.ts";
import type { DailyLimiter, Quota } from "../data/daily-limiter.ts";
import type { Database } from "../data/postgres.ts";
import { parseJson, readText } from "../http/body.ts";
import { clientAddress, isUserId } from "../http/client.ts";
import { type Front, nameIn, userHeader } from "../http/front.ts";
import { HttpProblem, invalidRequest } from "../http/problem.ts";
import { senderOf } from "../http/sender.ts";
import type { RequestContext, Route } from "../role.ts";
import {
  availableProducts,
  type Destination,
  destinationsQuery,
  type Simulation,
  simulation,
  simulationKey,
} from "./simulator.ts";

/** What the simulator works with. */
export interface SimulatorParts extends Front {
  readonly database: Pick<Database, "query">;
  readonly cache: Cache;
  readonly limiter: DailyLimiter;
}

/** `POST /v1/simulator/destinations`: the countries to export a product to, within the client's daily quota (B19). */
export const simulatorRoute = (parts: SimulatorParts): Route => ({
  method: "POST",
  path: "/v1/simulator/destinations",
  async handle(context) {
    const { client, request } = await admit(context, parts);
    const { value, hit, hint } = await simulate(request, parts).catch(async (error: unknown) => {
      showQuota(context, await parts.limiter.giveBack(client));
      throw error;
    });
    return context.json(
      {
        ncm: request.ncm,
        volume_kg: request.volume_kg,
        count: value.length,
        cached: hit,
        destinations: value,
        ...(hint && { hint }),
      },
      200,
      { "X-Cache": hit ? "HIT" : "MISS" },
    );
  },
});

async function simulate(request: Simulation, { cache, database }: SimulatorParts) {
  // Nothing found is not kept: data that is loaded next must show at once.
  const found = await cache.through(
    simulationKey(request),
    () => database.query<Destination>(destinationsQuery(request)),
    (rows) => rows.length > 0,
  );
  return { ...found, hint: found.value.length === 0 ? await hintFor(request.ncm, database) : undefined };
}

/**
 * A valid request within its client's quota; counts it. Every way out shows the quota, and only a valid request costs
 * one.
 */
async function admit(context: RequestContext, { limiter, ...front }: SimulatorParts) {
  const user = nameIn(context, userHeader, front);
  const userFaults =
    user === undefined || isUserId(user)
      ? []
      : [{ path: userHeader, message: "expected 1 to 64 letters, digits, dots, hyphens or underscores" }];
  const client =
    user !== undefined && userFaults.length === 0 ? user : clientAddress(senderOf(context, front.trustedProxy));
  const refuse = async (problem: unknown) => {
    showQuota(context, await limiter.peek(client));
    throw problem;
  };
  const text = await readText(context.req.raw).catch(refuse);
  const { value: request, faults = [] } = parseJson(text, simulation);
  if (!request || userFaults.length > 0) return refuse(invalidRequest([...userFaults, ...faults]));

  const quota = await limiter.take(client);
  showQuota(context, quota);
  if (!quota.allowed) {
    throw new HttpProblem(429, "rate_limit_exceeded", `The free tier allows ${quota.limit} requests a day.`, {
      details: { limit: quota.limit, reset: quota.reset },
      headers: { "retry-after": String(Math.max(1, quota.reset - Math.floor(Date.now() / 1000))) },
    });
  }
  return { client, request };
}

function showQuota(context: RequestContext, { limit, remaining, reset }: Quota): void {
  context.header("X-RateLimit-Limit", String(limit));
  context.header("X-RateLimit-Remaining", String(remaining));
  context.header("X-RateLimit-Reset", String(reset));
}

async function hintFor(ncm: string, database: SimulatorParts["database"]): Promise<string> {
  const products = await database.query<{ ncm: string }>(availableProducts);
  if (products.some((product) => product.ncm === ncm))
    return "The product has exports, but none of its countries is in countries_metadata: run populate-countries.";
  return products.length === 0
    ? "The database holds no exports yet."
    : `Available NCMs: ${products.map((product) => product.ncm).join(", ")}.`;
}
