import type { HttpBindings } from "@hono/node-server";
import { pino } from "pino";
import { createMetrics } from "../../../../workloads/server/observability/metrics.ts";
import { buildApp } from "../../../../workloads/server/http/app.ts";
import type { Role, Runtime, Service } from "../../../../workloads/server/role.ts";
import * as z from "zod";

/**
 * A runtime whose log lines are kept for the test. It has no metrics of the process, because each set of them keeps
 * measuring to the end.
 */
export function testRuntime(): Runtime & { readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines, metrics: createMetrics("test", { ofProcess: false }) };
}

/** Sends requests to a service without a socket; the client's address is 10.0.0.7 unless told otherwise. */
export function testApp(service: Partial<Service>, { stopping = false } = {}) {
  const variables = z.object({});
  const whole: Service = { routes: [], checks: [], close: async () => {}, ...service };
  const role: Role = { name: "test", version: "v9", healthPath: "/healthz", variables, start: async () => whole };
  const runtime = testRuntime();
  const app = buildApp(role, whole, { ...runtime, stopping: () => stopping });
  const send = (
    method: string,
    path: string,
    { body, headers = {}, from = "10.0.0.7" }: { body?: string; headers?: Record<string, string>; from?: string } = {},
  ) =>
    app.request(path, { method, headers, ...(body !== undefined && { body }) }, {
      incoming: { socket: { remoteAddress: from } },
    } as unknown as HttpBindings);
  return { send, runtime };
}

/** The value of one time series of a metrics page. */
export function series(page: string, name: string): string | undefined {
  return page
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);
}
