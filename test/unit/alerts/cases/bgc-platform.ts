import { bgcObjectives } from "../../../../components/systems/bgc-platform/alerts.ts";
import { type Case, fires, hourly, series, silent } from "./case.ts";
import { commonCases } from "./common.ts";
import { burnCases, histogram, reads } from "./inputs.ts";

const namespace = "data";
const api = { namespace, service: "bgc-api" };
const activity = (state: string, usename: string) =>
  series("pg_stat_activity_count", { namespace, datname: "bgc", state, usename });
const restarts = (uid: string) =>
  series("kube_pod_container_status_restarts_total", { namespace, pod: "postgres-0", container: "postgres", uid });

export const bgcCases: readonly Case[] = [
  ...commonCases(namespace, {
    down: ["ServiceDown", "bgc-api"],
    backups: ["postgres-backup"],
    certificate: "bgc-platform",
    metrics: [
      "http_requests_total",
      "pg_stat_activity_count",
      "redis_memory_used_bytes",
      "kube_deployment_status_replicas_available",
    ],
  }),
  ...burnCases(
    "ErrorBudget",
    bgcObjectives.errorRatePercent / 100,
    (bad) => ({
      [series("http_requests_total", { ...api, route: "/v1/a", status: "200" })]: `0+${1000 - bad}x100`,
      [series("http_requests_total", { ...api, route: "/v1/a", status: "500" })]: `0+${bad}x100`,
      [series("http_request_errors_total", { ...api, route: "/v1/a" })]: `0+${bad}x100`,
      // The web front counts the same requests once more.
      [series("http_requests_total", { namespace, service: "bgc-web", route: "/api", status: "200" })]: "0+9000x100",
    }),
    { namespace },
  ),
  ...burnCases("LatencyBudget", 0.05, (bad) => histogram("http_request_duration_seconds", api, 0.2, 1000 - bad), {
    namespace,
  }),
  fires("CacheHitRateLow", "the cache answers six reads of ten", reads(namespace, 60), "50m", { namespace }),
  silent("CacheHitRateLow", "the cache answers nine reads of ten", reads(namespace, 90), "50m"),
  silent(
    "CacheHitRateLow",
    "three reads a minute are too few to say anything",
    {
      [series("redis_keyspace_hits_total", { namespace })]: "0+1x60",
      [series("redis_keyspace_misses_total", { namespace })]: "0+2x60",
    },
    "50m",
  ),
  silent(
    "CacheHitRateLow",
    "nobody reads, after a bad start",
    {
      [series("redis_keyspace_hits_total", { namespace })]: "5x60",
      [series("redis_keyspace_misses_total", { namespace })]: "50x60",
    },
    "50m",
  ),
  fires(
    "ActiveConnectionsHigh",
    "two users together have as many active connections as are too many",
    { [activity("active", "bgc")]: "30x10", [activity("active", "postgres")]: "20x10" },
    "7m",
    { namespace },
  ),
  silent(
    "ActiveConnectionsHigh",
    "a hundred connections are open, and ten of them work",
    { [activity("active", "bgc")]: "10x10", [activity("idle", "bgc")]: "90x10" },
    "7m",
  ),
  hourly(
    fires("PostgresRestarted", "the database's container restarts", { [restarts("a")]: "0x5 1x20" }, "10h", {
      namespace,
      pod: "postgres-0",
    }),
  ),
  hourly(
    silent(
      "PostgresRestarted",
      "a new pod takes the place of one that restarted long ago",
      { [restarts("a")]: "3x5", [restarts("b")]: "_x6 0x20" },
      "10h",
    ),
  ),
];
