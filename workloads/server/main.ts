import { EnvironmentError, readEnvironment } from "./environment.ts";
import { createLogger } from "./observability/logger.ts";
import type { Program } from "./role.ts";
import { runTask } from "./run-task.ts";
import { serve } from "./serve.ts";

/**
 * Runs the program that ROLE names. Exit codes: 0 stopped in order or done, 1 failed or requests were cut off, 2 wrong
 * environment.
 */
export async function main(programs: readonly Program[]): Promise<void> {
  const { program, values } = environment(programs);
  const log = createLogger({ service: program.name, level: values.LOG_LEVEL });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
  await ("run" in program ? runTask(program, values, log) : serve(program, values, log));
}

function environment(programs: readonly Program[]) {
  try {
    return readEnvironment(process.env, programs);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const log = createLogger({ service: process.env["ROLE"] ?? "contract-server", level: "info" });
    for (const problem of error.problems) log.fatal(problem);
    process.exit(2);
  }
}
