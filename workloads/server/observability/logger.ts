import { destination, type Logger, pino, stdTimeFunctions } from "pino";

/**
 * JSON lines on standard output with the level by name. Written synchronously: what a process logged before it died is
 * there, and no worker thread has to be found beside the bundle.
 */
export function createLogger({ service, level }: { readonly service: string; readonly level: string }): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 1, sync: true }),
  );
}
