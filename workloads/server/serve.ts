import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import type { Logger } from "pino";
import type { ServerEnvironment } from "./environment.ts";
import { buildApp } from "./http/app.ts";
import { createMetrics } from "./observability/metrics.ts";
import { refusalIn } from "./data/tls.ts";
import type { Role, Service } from "./role.ts";

/** Milliseconds that one client may take. */
const timeouts = {
  /** For the whole request to arrive. */
  request: 15_000,
  /** For its headers. */
  headers: 10_000,
  /**
   * Between two requests: longer than the 60 s of common proxies, so that they close first and never meet a closed
   * socket.
   */
  keepAlive: 65_000,
};

/** Starts a role and its HTTP server, and stops both on SIGTERM or SIGINT. */
export async function serve(
  role: Role,
  values: ServerEnvironment & Record<string, unknown>,
  log: Logger,
): Promise<void> {
  const metrics = createMetrics(role.name);
  const service = await role.start(values, { log, metrics });
  const state = { stopping: false };
  const app = buildApp(role, service, { log, metrics, stopping: () => state.stopping });
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      requestTimeout: timeouts.request,
      headersTimeout: timeouts.headers,
      keepAliveTimeout: timeouts.keepAlive,
    },
  }) as Server;
  server.on("connection", (socket) => {
    metrics.activeConnections.inc();
    socket.once("close", () => metrics.activeConnections.dec());
  });
  server.once("error", (error) => {
    log.fatal({ err: error }, `cannot listen on port ${values.PORT}`);
    process.exit(1);
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      if (state.stopping) return;
      state.stopping = true;
      log.info({ signal, graceSeconds: values.SHUTDOWN_GRACE_SECONDS }, "stopping");
      void stop(server, service, log, values.SHUTDOWN_GRACE_SECONDS * 1000);
    });
  }
  server.listen(values.PORT, () => log.info({ port: values.PORT, version: role.version }, "listening"));
  void endIfRefused(service, log);
}

/**
 * Asks once for everything that the role depends on. What is away is waited for; a server that must not be trusted ends
 * the program, because no later attempt would help.
 */
async function endIfRefused({ checks }: Service, log: Logger): Promise<void> {
  const failures = await Promise.all(
    checks.filter(({ need }) => need !== "informative").map(({ run }) => run().then(() => undefined, refusalIn)),
  );
  const refusals = failures.filter((refusal) => refusal !== undefined);
  for (const { message } of refusals) log.fatal(message);
  if (refusals.length > 0) process.exit(1);
}

/** Lets requests in flight finish, then closes what the role holds. The grace bounds both. */
async function stop(server: Server, service: Service, log: Logger, graceMilliseconds: number): Promise<void> {
  const overdue = setTimeout(() => {
    log.error("requests or connections outlived the grace period and were cut off");
    process.exit(1);
  }, graceMilliseconds);
  await new Promise((resolve) => server.close(resolve));
  await service.close().catch((error: unknown) => log.warn({ err: error }, "connections did not close in order"));
  clearTimeout(overdue);
  log.info("stopped");
  process.exit(0);
}
