import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as z from "zod";
import { createCache } from "../data/cache.ts";
import { connectRedis, redisVariables } from "../data/redis.ts";
import { baseUrl, whole } from "../environment.ts";
import { readText } from "../http/body.ts";
import { HttpProblem } from "../http/problem.ts";
import { reachability } from "../http/reachability.ts";
import type { Role, Route } from "../role.ts";
import { withActuator } from "../techbra/actuator.ts";
import { createBreaker, watchBreakers } from "../techbra/circuit-breaker.ts";
import { createDownstream } from "../techbra/downstream.ts";
import { orderIdOf } from "../techbra/order-routes.ts";
import { overviewOf } from "../techbra/overview.ts";
import { springService } from "../techbra/spring-service.ts";

const variables = z.object({
  ...redisVariables,
  PORT: whole(1, 65535, 8084),
  ORDER_SERVICE_URL: baseUrl.default("http://order-service:8081"),
  BILLING_SERVICE_URL: baseUrl.default("http://billing-service:8082"),
  /** How long a complete overview is kept. */
  CACHE_TTL_SECONDS: whole(1, 3_600, 5),
  /** Circuit breaker of each downstream (T13): percent, calls, seconds. */
  CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD: whole(1, 100, 50),
  CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE: whole(1, 10_000, 20),
  CIRCUIT_BREAKER_WAIT_SECONDS: whole(1, 3_600, 10),
});

/** The front end's own back end: joins the services' answers and stands in for them when they are away (T02). */
export const bff: Role<typeof variables> = {
  name: "bff",
  ...springService,
  variables,
  async start(environment, runtime) {
    const { redis, check, close } = await connectRedis(environment, runtime);
    const cache = createCache(redis, environment.CACHE_TTL_SECONDS, runtime);
    const settings = {
      failureRateThreshold: environment.CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD,
      slidingWindowSize: environment.CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE,
      waitMilliseconds: environment.CIRCUIT_BREAKER_WAIT_SECONDS * 1000,
    };
    runtime.log.info(settings, "circuit breaker configured");
    const breakers = {
      "order-service": createBreaker("order-service", settings, runtime.log),
      "billing-service": createBreaker("billing-service", settings, runtime.log),
    };
    watchBreakers(breakers, runtime);
    const orders = createDownstream(environment.ORDER_SERVICE_URL, breakers["order-service"]);
    const payments = createDownstream(environment.BILLING_SERVICE_URL, breakers["billing-service"]);

    const routes: Route[] = [
      {
        method: "GET",
        path: "/api/orders/:id/overview",
        async handle(context) {
          const id = orderIdOf(context.req.param("id"));
          const { value, hit } = await cache.through(
            `techbra:overview:${id}`,
            () => overviewOf(id, { orders, payments, redis }, runtime),
            ({ degraded }) => !degraded,
          );
          return context.json(value, 200, { "X-Cache": hit ? "HIT" : "MISS" });
        },
      },
      {
        method: "POST",
        path: "/api/orders",
        async handle(context) {
          const { status, body } = await orders
            .post("/api/orders", await readText(context.req.raw))
            .catch((error: unknown) => {
              throw new HttpProblem(
                503,
                "order_service_unavailable",
                "The order service did not answer. Look for the order before you place it again.",
                { headers: { "retry-after": "5" }, cause: error },
              );
            });
          return context.json(body as object, status as ContentfulStatusCode);
        },
      },
    ];
    const checks = [
      check,
      reachability("order-service", `${environment.ORDER_SERVICE_URL}/actuator/health/liveness`),
      reachability("billing-service", `${environment.BILLING_SERVICE_URL}/actuator/health/liveness`),
    ];
    return {
      routes: withActuator(routes, checks, runtime),
      checks,
      about: () => ({
        circuits: Object.fromEntries(Object.entries(breakers).map(([name, { state }]) => [name, state()])),
      }),
      close,
    };
  },
};
