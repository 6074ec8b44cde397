import { Counter, Gauge } from "prom-client";
import type { Runtime } from "../role.ts";
import { type CircuitBreaker, circuitStates } from "./circuit-breaker.ts";

/**
 * The gateway's metrics by the names that its dashboards know (G13). The two counters are parts of
 * `http_requests_total`,
 * read from it at each scrape, so that they can never disagree with it. The circuit is the same for all replicas; while
 * Redis is away there is no value, because nobody knows it.
 */
export function exposeGatewayMetrics(
  breaker: Pick<CircuitBreaker, "state">,
  routes: readonly string[],
  { metrics }: Pick<Runtime, "metrics">,
): void {
  const registers = [metrics.registry];
  const part = (name: string, help: string, belongs: (status: number) => boolean) =>
    new Counter({
      name,
      help,
      labelNames: ["method", "route"] as const,
      registers,
      async collect() {
        const { values } = await metrics.requests.get();
        this.reset();
        // A rate needs a first value before the first error.
        for (const route of routes) this.inc({ method: "GET", route }, 0);
        for (const { labels, value } of values) {
          if (belongs(Number(labels.status))) this.inc({ method: labels.method!, route: labels.route! }, value);
        }
      },
    });
  part("http_requests_5xx_total", "Requests answered with a 5xx status", (status) => status >= 500);
  part("http_requests_429_total", "Requests refused because of their client's rate", (status) => status === 429);
  new Gauge({
    name: "circuit_breaker_state",
    help: "1 closed, 2 open, 3 half-open",
    registers,
    async collect() {
      await breaker.state().then(
        (state) => this.set(circuitStates[state]),
        () => this.remove(),
      );
    },
  });
}
