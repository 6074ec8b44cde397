import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { AppEnvironment, RequestContext, Role, Route, Runtime, Service } from "../role.ts";
import { probeRoutes } from "./probes.ts";
import { HttpProblem } from "./problem.ts";

/** Whether the server is on its way out. */
interface Lifecycle {
  readonly stopping: () => boolean;
}

/** The HTTP application of a role: its routes and probes, with logs, metrics and errors as JSON. */
export function buildApp(role: Role, service: Service, runtime: Runtime & Lifecycle): Hono<AppEnvironment> {
  const probes = probeRoutes(role, service, runtime);
  const app = new Hono<AppEnvironment>();
  observe(app, runtime, new Set([...probes, ...service.routes.filter(({ probe }) => probe)].map(({ path }) => path)));
  beginAtZero(service.routes, runtime);
  mount(app, [...probes, ...service.routes]);
  app.notFound((context) =>
    answer(context, new HttpProblem(404, "not_found", `There is nothing at ${context.req.path}.`)),
  );
  app.onError((error, context) => {
    if (!(error instanceof HttpProblem)) {
      runtime.log.error({ err: error, requestId: context.get("requestId") }, "request failed");
      return context.json(
        {
          error: "internal_error",
          message: "The request failed; the log has the reason under this request id.",
          request_id: context.get("requestId"),
        },
        500,
      );
    }
    if (error.cause) runtime.log.warn({ err: error.cause, requestId: context.get("requestId") }, error.message);
    return answer(context, error);
  });
  return app;
}

/** A rate does not see what a series begins with: without this, the first error of a route would be nobody's. */
function beginAtZero(routes: readonly Route[], { metrics }: Runtime): void {
  for (const { method, path: route, probe = false } of routes) {
    if (probe) continue;
    metrics.errors.inc({ method, route }, 0);
    metrics.duration.zero({ method, route });
  }
}

/** The routes, and a 405 for every other method on their paths. */
function mount(app: Hono<AppEnvironment>, routes: readonly Route[]): void {
  const methods = new Map<string, string[]>();
  for (const { method, path, handle } of routes) {
    methods.set(path, [...(methods.get(path) ?? []), ...(method === "GET" ? ["GET", "HEAD"] : [method])]);
    app.on(method, path, (context) => {
      context.set("route", path);
      return handle(context);
    });
  }
  for (const [path, allowed] of methods) {
    app.all(path, (context) => {
      context.set("route", path);
      throw new HttpProblem(405, "method_not_allowed", `${context.req.path} answers ${allowed.join(", ")} only.`, {
        headers: { allow: allowed.join(", ") },
      });
    });
  }
}

/**
 * One log line and one observation for each request. Bodies, queries and headers are never logged: they may hold
 * secrets.
 */
function observe(
  app: Hono<AppEnvironment>,
  { log, metrics, stopping }: Runtime & Lifecycle,
  unmeasured: ReadonlySet<string>,
): void {
  app.use(async (context, next) => {
    const started = performance.now();
    const given = context.req.header("X-Request-Id") ?? "";
    const requestId = /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
    context.set("requestId", requestId);
    context.set("route", "unmatched");
    await next();
    context.header("X-Request-Id", requestId);
    if (stopping()) context.header("Connection", "close");
    const { method, path } = context.req;
    const { status } = context.res;
    const route = context.get("route");
    const milliseconds = performance.now() - started;
    const level = status >= 500 ? "error" : unmeasured.has(route) ? "debug" : "info";
    log[level]({ requestId, method, path, status, durationMs: Math.round(milliseconds * 10) / 10 }, "request");
    if (unmeasured.has(route)) return;
    metrics.requests.inc({ method, route, status });
    if (status >= 500) metrics.errors.inc({ method, route });
    metrics.duration.observe({ method, route }, milliseconds / 1000);
  });
}

function answer(context: RequestContext, { status, code, message, details, headers }: HttpProblem): Response {
  return context.json({ error: code, message, ...details, request_id: context.get("requestId") }, status, {
    ...headers,
  });
}
