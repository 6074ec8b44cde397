import { type Case, fires, series, silent } from "./case.ts";
import { commonCases } from "./common.ts";
import { histogram, memory } from "./inputs.ts";

const namespace = "platform";
const service = { namespace, service: "platform-service" };
const container = { namespace, pod: "platform-service-a", container: "platform-service" };
const requests = series("http_requests_total", { ...service, route: "/api", status: "200" });
const errors = series("http_request_errors_total", { ...service, route: "/api" });

export const platformCases: readonly Case[] = [
  ...commonCases(namespace, {
    down: ["ServiceDown", "platform-service"],
    backups: ["postgres-backup"],
    certificate: "platform-service",
    metrics: [
      "http_requests_total",
      "container_memory_working_set_bytes",
      "kube_pod_container_resource_limits",
      "kube_deployment_status_replicas_available",
    ],
  }),
  fires("HighErrorRate", "one request of fifty fails", { [requests]: "0+600x20", [errors]: "0+12x20" }, "10m", {
    namespace,
  }),
  silent("HighErrorRate", "one request of two hundred fails", { [requests]: "0+600x20", [errors]: "0+3x20" }, "10m"),
  silent(
    "HighErrorRate",
    "every request fails, and there are three a minute",
    { [requests]: "0+3x20", [errors]: "0+3x20" },
    "10m",
  ),
  fires(
    "HighLatency",
    "half of the requests take longer than half a second",
    histogram("http_request_duration_seconds", service, 0.5, 500),
    "15m",
    { namespace },
  ),
  silent(
    "HighLatency",
    "one request of a hundred takes longer",
    histogram("http_request_duration_seconds", service, 0.5, 990),
    "15m",
  ),
  fires("HighMemoryUsage", "a pod uses 95 % of its memory after a restart", memory(container, 95), "20m", container),
  silent("HighMemoryUsage", "a pod uses 80 % of its memory", memory(container, 80), "20m"),
  fires("ErrorsPerHour", "twelve errors come at once", { [errors]: "0x30 12x40" }, "40m", { namespace }),
  silent("ErrorsPerHour", "five errors come at once", { [errors]: "0x30 5x40" }, "40m"),
  silent(
    "ErrorsPerHour",
    "a counter appears with its errors, which nobody sees: so servers begin at 0",
    { [errors]: "_x30 12x40" },
    "40m",
  ),
];
