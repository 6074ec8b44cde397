import type { Role, Route, Runtime, Service } from "../role.ts";
import { byName, overall, runChecks } from "./health.ts";

/** The endpoints that every role has: liveness, readiness, public health and metrics. */
export function probeRoutes(
  role: Role,
  service: Service,
  { metrics, stopping }: Pick<Runtime, "metrics"> & { readonly stopping: () => boolean },
): Route[] {
  const identity = { service: role.name, implementation: "contract-server", version: role.version };
  const report = async (
    checks: Service["checks"],
    words: { readonly ok?: string | undefined; readonly unavailable?: string | undefined } = {},
    about: Readonly<Record<string, unknown>> = {},
  ) => {
    const results = await runChecks(checks);
    const status = stopping() ? "stopping" : overall(results);
    const ready = status === "ok" || status === "degraded";
    return [
      {
        status: (status in words && words[status as keyof typeof words]) || status,
        ...identity,
        checks: byName(results),
        ...about,
      },
      ready ? 200 : 503,
    ] as const;
  };
  const readiness = service.checks.filter(({ need }) => need !== "informative");
  return [
    // Asks nothing but the process: an outage of a dependency must not restart it.
    { method: "GET", path: "/livez", handle: (context) => context.json({ status: "ok", ...identity }) },
    { method: "GET", path: "/readyz", handle: async (context) => context.json(...(await report(readiness))) },
    {
      method: "GET",
      path: role.healthPath,
      handle: async (context) =>
        context.json(
          ...(await report(service.checks, { ok: role.healthyWord, unavailable: role.missingWord }, service.about?.())),
        ),
    },
    {
      method: "GET",
      path: "/metrics",
      handle: async (context) =>
        context.body(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType }),
    },
  ];
}
