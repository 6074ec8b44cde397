import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Bounds in seconds, close together around the objectives of 50, 100, 200 and 500 ms. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2.5, 5, 10];

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * The metrics of one server. Probes and scrapes are not in the HTTP metrics: their number and speed would hide those of
 * the users. Routes are patterns, never paths, so that nobody can invent time series. `ofProcess` adds those of Node.js
 * itself, unless it is false.
 */
export function createMetrics(service: string, { ofProcess = true } = {}) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (ofProcess) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const labelNames = ["method", "route"] as const;
  return {
    registry,
    requests: new Counter({
      name: "http_requests_total",
      help: "Answered requests",
      labelNames: [...labelNames, "status"] as const,
      registers,
    }),
    errors: new Counter({
      name: "http_request_errors_total",
      help: "Requests answered with a 5xx status",
      labelNames,
      registers,
    }),
    duration: new Histogram({
      name: "http_request_duration_seconds",
      help: "Time until the answer was ready",
      labelNames,
      buckets: durationBuckets,
      registers,
    }),
    activeConnections: new Gauge({ name: "active_connections", help: "Open client connections", registers }),
  };
}
