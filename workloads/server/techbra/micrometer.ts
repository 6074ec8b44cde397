import { Histogram } from "prom-client";
import { durationBuckets } from "../observability/metrics.ts";
import type { Route, Runtime } from "../role.ts";

/** What Spring calls an answer, by the first digit of its status. */
const outcomes = ["", "INFORMATIONAL", "SUCCESS", "REDIRECTION", "CLIENT_ERROR", "SERVER_ERROR"] as const;

/** A path's pattern as Spring writes it: `/orders/{id}`. */
const uriOf = ({ path }: Route): string => path.replaceAll(/:(\w+)/g, "{$1}");

const labelsOf = (route: Route, status: number) => ({
  method: route.method,
  uri: uriOf(route),
  status: String(status),
  outcome: outcomes[Math.floor(status / 100)] ?? "UNKNOWN",
});

/**
 * Micrometer's histogram of a service's own requests (T07). A success and a failure of each route are told from 0: a
 * rate does not see what a series begins with. The result takes what a request came to, in seconds.
 */
export function requestHistogram(routes: readonly Route[], { metrics }: Pick<Runtime, "metrics">) {
  const histogram = new Histogram({
    name: "http_server_requests_seconds",
    help: "Time until a request of the service's own routes was answered",
    labelNames: ["method", "uri", "status", "outcome"] as const,
    buckets: durationBuckets,
    registers: [metrics.registry],
  });
  for (const route of routes) for (const status of [200, 500]) histogram.zero(labelsOf(route, status));
  return (route: Route, status: number, seconds: number): void => histogram.observe(labelsOf(route, status), seconds);
}
