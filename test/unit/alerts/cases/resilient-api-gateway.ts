import { type Case, fires, series, silent } from "./case.ts";
import { commonCases } from "./common.ts";
import { burnCases, histogram } from "./inputs.ts";

const namespace = "api-gateway";
const proxy = { namespace, service: "proxy-service", route: "/proxy/ok" };
const slow = { ...proxy, route: "/proxy/slow" };
const breaker = (pod: string) => series("circuit_breaker_state", { namespace, pod });
const redis = (used: number, max: number) => ({
  [series("redis_memory_used_bytes", { namespace })]: `${used}x20`,
  [series("redis_memory_max_bytes", { namespace })]: `${max}x20`,
});
const answers = (all: string, failed: string) => ({
  [series("http_requests_total", { ...proxy, status: "200" })]: all,
  [series("http_requests_5xx_total", proxy)]: failed,
  // The upstream counts what comes through once more.
  [series("http_requests_total", { namespace, service: "upstream-service", route: "/ok", status: "200" })]: all,
});

export const gatewayCases: readonly Case[] = [
  ...commonCases(namespace, {
    down: ["ServiceDown", "proxy-service"],
    backups: ["redis-backup", "configuration-backup"],
    certificate: "proxy-service",
    metrics: [
      "http_requests_total",
      "circuit_breaker_state",
      "redis_memory_used_bytes",
      "kube_deployment_status_replicas_available",
    ],
  }),
  fires(
    "UpstreamHighErrorRate",
    "eight answers of a hundred are 5xx, which the upstream's own count would halve",
    answers("0+600x20", "0+48x20"),
    "10m",
    { namespace },
  ),
  silent("UpstreamHighErrorRate", "four answers of a hundred are 5xx", answers("0+600x20", "0+24x20"), "10m"),
  {
    alert: "CircuitBreakerFrequentlyOpen",
    name: "all replicas see the breaker open for ten minutes, and closed afterwards",
    series: { [breaker("a")]: "1x15 2x9 1x40", [breaker("b")]: "1x15 2x9 1x40" },
    looks: [
      { at: "14m", fires: [] },
      { at: "24m", fires: [{ namespace }] },
      { at: "45m", fires: [] },
    ],
  },
  silent("CircuitBreakerFrequentlyOpen", "the breaker is half open", { [breaker("a")]: "1x15 3x15" }, "24m"),
  fires(
    "HighRateLimitRejections",
    "a request a second is refused",
    { [series("http_requests_429_total", proxy)]: "0+60x20" },
    "10m",
    { namespace },
  ),
  silent(
    "HighRateLimitRejections",
    "three requests a minute are refused",
    { [series("http_requests_429_total", proxy)]: "0+3x20" },
    "10m",
  ),
  fires("RedisHighMemoryUsage", "Redis uses 90 % of its memory", redis(90, 100), "7m", { namespace }),
  silent("RedisHighMemoryUsage", "Redis has no bound, so that there is no share", redis(900, 0), "7m"),
  fires("RedisMemoryUnbounded", "Redis has no bound", redis(900, 0), "7m", { namespace }),
  silent("RedisMemoryUnbounded", "Redis has a bound", redis(90, 100), "7m"),
  fires(
    "HighResponseLatency",
    "half of the answers take longer than a second",
    histogram("http_request_duration_seconds", proxy, 1, 500),
    "10m",
    { namespace },
  ),
  silent(
    "HighResponseLatency",
    "the route that takes two seconds by contract is slow, and no other",
    {
      ...histogram("http_request_duration_seconds", slow, 1, 0),
      ...histogram("http_request_duration_seconds", proxy, 1, 1000),
    },
    "10m",
  ),
  ...burnCases("ErrorBudget", 0.05, (bad) => answers("0+1000x100", `0+${bad}x100`), { namespace }),
  ...burnCases("LatencyBudget", 0.05, (bad) => histogram("http_request_duration_seconds", proxy, 1, 1000 - bad), {
    namespace,
  }),
  fires(
    "LatencyBudgetBurnFast",
    "Prometheus 3 writes the bound of a second as 1.0",
    Object.fromEntries(
      Object.entries(histogram("http_request_duration_seconds", proxy, 1, 0)).map(([name, values]) => [
        name.replace('le="1"', 'le="1.0"').replace('le="10"', 'le="10.0"'),
        values,
      ]),
    ),
    "30m",
    { namespace },
  ),
];
