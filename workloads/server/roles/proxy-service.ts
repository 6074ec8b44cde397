import * as z from "zod";
import { connectRedis, redisVariables } from "../data/redis.ts";
import { baseUrl, whole } from "../environment.ts";
import { type CircuitBreaker, createCircuitBreaker } from "../gateway/circuit-breaker.ts";
import { exposeGatewayMetrics } from "../gateway/metrics.ts";
import { proxyRoute } from "../gateway/proxy-route.ts";
import { createRateLimiter } from "../gateway/rate-limiter.ts";
import type { Check } from "../http/health.ts";
import { frontOf, frontVariables } from "../http/front.ts";
import { reachability } from "../http/reachability.ts";
import type { Role } from "../role.ts";

const variables = z.object({
  ...redisVariables,
  UPSTREAM_URL: baseUrl.default("http://upstream-service:5001"),
  /** How long the upstream may take, in ms. */
  UPSTREAM_TIMEOUT_MS: whole(100, 60_000, 5_000),
  /** Requests that a client may make at once (G05). */
  RATE_LIMIT_CAPACITY: whole(1, 1_000_000, 1_000),
  /** Requests that come back to a client each second (G05). */
  RATE_LIMIT_REFILL_RATE: whole(1, 1_000_000, 100),
  /** Failures in a row that open the circuit (G06). */
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: whole(1, 10_000, 3),
  /** How long an open circuit refuses before it is tried (G06). */
  CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS: whole(1, 86_400, 30),
  /** Trials that must succeed to close it (G06). */
  CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD: whole(1, 1_000, 1),
  ...frontVariables,
});

/** What a trial may take beyond the upstream's own time, in seconds: to ask Redis before and to tell it after. */
const trialMargin = 2;

/** The upstream's endpoints that the gateway offers. */
const offered = ["ok", "fail", "slow"];

/**
 * The gateway before the upstream service (G01). Ready without Redis and without the upstream: then it says what it
 * cannot do.
 */
export const proxyService: Role<typeof variables> = {
  name: "proxy-service",
  version: "v1.0.0",
  healthPath: "/health",
  variables,
  async start(environment, runtime) {
    const { redis, check, close } = await connectRedis(environment, runtime);
    const { UPSTREAM_URL: upstream, UPSTREAM_TIMEOUT_MS: timeout } = environment;
    const limiter = createRateLimiter(
      redis,
      { capacity: environment.RATE_LIMIT_CAPACITY, refillRate: environment.RATE_LIMIT_REFILL_RATE },
      runtime,
    );
    const breaker = createCircuitBreaker(
      redis,
      {
        failureThreshold: environment.CIRCUIT_BREAKER_FAILURE_THRESHOLD,
        resetTimeout: environment.CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS,
        successThreshold: environment.CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD,
        trialLease: Math.ceil(timeout / 1000) + trialMargin,
      },
      runtime,
    );
    const routes = offered.map((name) =>
      proxyRoute(name, { limiter, breaker, upstream, timeout, ...frontOf(environment) }),
    );
    exposeGatewayMetrics(
      breaker,
      routes.map(({ path }) => path),
      runtime,
    );

    return {
      routes,
      checks: [check, circuitCheck(breaker), reachability("upstream-service", `${upstream}/health`)],
      close,
    };
  },
};

/** Shows the circuit's state. An open circuit is the upstream's fault and no reason to take the gateway away. */
const circuitCheck = (breaker: CircuitBreaker): Check => ({
  name: "circuit-breaker",
  need: "optional",
  run: () => breaker.state(),
});
