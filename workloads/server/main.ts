import { EnvironmentError, readEnvironment } from "./environment.ts";
import { createLogger } from "./observability/logger.ts";
import { roles } from "./roles/index.ts";
import { serve } from "./serve.ts";

/** Exit codes: 0 stopped in order, 1 failed or requests were cut off, 2 wrong environment. */
function environment() {
  try {
    return readEnvironment(process.env, roles);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const log = createLogger({ service: process.env["ROLE"] ?? "contract-server", level: "info" });
    for (const problem of error.problems) log.fatal(problem);
    process.exit(2);
  }
}

const { role, values } = environment();
const log = createLogger({ service: role.name, level: values.LOG_LEVEL });
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    log.fatal({ err: error }, event);
    process.exit(1);
  });
}
await serve(role, values, log);
