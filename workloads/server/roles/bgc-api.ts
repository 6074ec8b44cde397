import * as z from "zod";
import { tables } from "../bgc/simulator.ts";
import { simulatorRoute } from "../bgc/simulator-route.ts";
import { createCache } from "../data/cache.ts";
import { createDailyLimiter } from "../data/daily-limiter.ts";
import { openPostgres, postgresVariables } from "../data/postgres.ts";
import { connectRedis, redisVariables } from "../data/redis.ts";
import { baseUrl, whole } from "../environment.ts";
import { frontOf, frontVariables } from "../http/front.ts";
import { reachability } from "../http/reachability.ts";
import type { Role } from "../role.ts";

const variables = z.object({
  ...postgresVariables,
  ...redisVariables,
  /** Requests a client may make in a UTC day (B01). */
  FREE_TIER_REQUESTS_PER_DAY: whole(1, 1_000_000, 5),
  /** How long a simulation is kept. */
  CACHE_TTL_SECONDS: whole(1, 604_800, 3_600),
  ...frontVariables,
  INTEGRATION_GATEWAY_URL: baseUrl.default("http://integration-gateway:8081"),
});

/** The trade-data API with its export simulator (B01, B19). */
export const bgcApi: Role<typeof variables> = {
  name: "bgc-api",
  version: "v0.4.0",
  healthPath: "/healthz",
  variables,
  async start(environment, runtime) {
    const database = openPostgres(environment, runtime);
    const { redis, check, close } = await connectRedis(environment, runtime);
    const cache = createCache(redis, environment.CACHE_TTL_SECONDS, runtime);
    const limiter = createDailyLimiter(
      redis,
      { prefix: "bgc:rate-limit", limit: environment.FREE_TIER_REQUESTS_PER_DAY },
      runtime,
    );

    return {
      routes: [simulatorRoute({ database, cache, limiter, ...frontOf(environment) })],
      checks: [
        database.check(tables),
        check,
        reachability("integration-gateway", `${environment.INTEGRATION_GATEWAY_URL}/health`),
      ],
      close: async () => void (await Promise.all([database.close(), close()])),
    };
  },
};
