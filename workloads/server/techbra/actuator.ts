import { byName, type Check, overall, runChecks } from "../http/health.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Route, Runtime } from "../role.ts";
import { requestHistogram } from "./micrometer.ts";

/** A maximum is forgotten after one to two of these, in ms: an old peak must not look like a present one. */
const maximumWindow = 60_000;

/** How many requests there were, how long they took in all, and the longest of the last minutes, in seconds. */
export function createTimer(now = Date.now) {
  let count = 0;
  let total = 0;
  let window = 0;
  let maxima: [current: number, previous: number] = [0, 0];
  function turn(): void {
    const current = Math.floor(now() / maximumWindow);
    if (current === window) return;
    maxima = [0, current === window + 1 ? maxima[0] : 0];
    window = current;
  }
  return {
    record(seconds: number): void {
      turn();
      count += 1;
      total += seconds;
      maxima[0] = Math.max(maxima[0], seconds);
    },
    read() {
      turn();
      return { COUNT: count, TOTAL_TIME: total, MAX: Math.max(...maxima) };
    },
  };
}

/**
 * A service's routes with Spring's actuator beside them: the liveness group asks nothing but the process, the readiness
 * group asks what the service cannot work without, http.server.requests counts the service's own routes (T02), and
 * /actuator/prometheus has the metrics where Spring has them (T07).
 */
export function withActuator(
  routes: readonly Route[],
  checks: readonly Check[],
  runtime: Pick<Runtime, "metrics">,
): Route[] {
  const timer = createTimer();
  const observe = requestHistogram(routes, runtime);
  const { registry } = runtime.metrics;
  const readiness = checks.filter(({ need }) => need === "required");
  return [
    ...routes.map((route) =>
      timed(route, (status, seconds) => {
        timer.record(seconds);
        observe(route, status, seconds);
      }),
    ),
    {
      method: "GET",
      path: "/actuator/prometheus",
      probe: true,
      handle: async (context) => context.body(await registry.metrics(), 200, { "content-type": registry.contentType }),
    },
    {
      method: "GET",
      path: "/actuator/health/liveness",
      probe: true,
      handle: (context) => context.json({ status: "UP" }),
    },
    {
      method: "GET",
      path: "/actuator/health/readiness",
      probe: true,
      async handle(context) {
        const results = await runChecks(readiness);
        const up = overall(results) === "ok";
        return context.json({ status: up ? "UP" : "DOWN", components: byName(results) }, up ? 200 : 503);
      },
    },
    {
      method: "GET",
      path: "/actuator/metrics/http.server.requests",
      probe: true,
      handle: (context) =>
        context.json({
          name: "http.server.requests",
          baseUnit: "seconds",
          measurements: Object.entries(timer.read()).map(([statistic, value]) => ({ statistic, value })),
          availableTags: [],
        }),
    },
  ];
}

/** The route, with the status that it comes to and the seconds that it takes told to `record`. */
const timed = ({ handle, ...route }: Route, record: (status: number, seconds: number) => void): Route => ({
  ...route,
  async handle(context) {
    const started = performance.now();
    let status = 500;
    try {
      const response = await handle(context);
      ({ status } = response);
      return response;
    } catch (error) {
      if (error instanceof HttpProblem) ({ status } = error);
      throw error;
    } finally {
      record(status, (performance.now() - started) / 1000);
    }
  },
});
