import { byName, type Check, overall, runChecks } from "../http/health.ts";
import type { Route } from "../role.ts";

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
 * group asks what the service cannot work without, and http.server.requests counts the service's own routes (T02).
 */
export function withActuator(routes: readonly Route[], checks: readonly Check[]): Route[] {
  const timer = createTimer();
  const readiness = checks.filter(({ need }) => need === "required");
  return [
    ...routes.map((route) => timed(route, timer.record)),
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

const timed = ({ handle, ...route }: Route, record: (seconds: number) => void): Route => ({
  ...route,
  async handle(context) {
    const started = performance.now();
    try {
      return await handle(context);
    } finally {
      record((performance.now() - started) / 1000);
    }
  },
});
