import type { Logger } from "pino";
import { refusalIn } from "./data/tls.ts";
import type { ServerEnvironment } from "./environment.ts";
import { createMetrics } from "./observability/metrics.ts";
import type { Task } from "./role.ts";

/** Runs a task to its end and ends the process: 0 when it is done, 1 when it failed. */
export async function runTask(
  task: Task,
  values: ServerEnvironment & Record<string, unknown>,
  log: Logger,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stopping");
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  try {
    await task.run(values, { log, metrics: createMetrics(task.name), signal: stop.signal });
    log.info("done");
    process.exit(0);
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal) log.fatal(refusal.message);
    else log.fatal({ err: error }, "failed");
    process.exit(1);
  }
}
