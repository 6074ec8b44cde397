import { hostname } from "node:os";
import * as z from "zod";
import { createCache } from "../data/cache.ts";
import { openPostgres, postgresVariables } from "../data/postgres.ts";
import { connectRedis, redisVariables } from "../data/redis.ts";
import { flag, whole } from "../environment.ts";
import { frontOf, frontVariables } from "../http/front.ts";
import { auditRoutes } from "../platform/audit-routes.ts";
import { folder } from "../platform/folder.ts";
import { addStream, openLogFiles } from "../platform/log-files.ts";
import { readOnly } from "../platform/maintenance.ts";
import { settingsRoutes } from "../platform/settings-routes.ts";
import type { Role, Runtime } from "../role.ts";

const variables = z.object({
  ...postgresVariables,
  ...redisVariables,
  /** How long a setting is cached, and how stale it can be after a write that found no Redis. */
  CACHE_TTL_SECONDS: whole(1, 604_800, 60),
  /** Whether every request that changes something is refused (P10). */
  MAINTENANCE_MODE: flag(false),
  /** How long an audit event is kept; with fewer than 90 days the cleanup is refused. */
  AUDIT_RETENTION_DAYS: whole(1, 36_500, 365),
  ...frontVariables,
  /** Where a copy of the log goes; only to standard output unless it is set. */
  LOG_DIR: folder.optional(),
  LOG_FILE_MAX_BYTES: whole(65_536, 1_073_741_824, 10_485_760),
  LOG_FILES_KEPT: whole(1, 1_000, 5),
});

/** Tables of the role's database. */
const tables = ["settings", "audit_events"];

/** The platform service: settings that leave an audit trail (P01, P07). */
export const platformService: Role<typeof variables> = {
  name: "platform-service",
  version: "v1.1.0",
  healthPath: "/health",
  healthyWord: "healthy",
  variables,
  async start(environment, runtime) {
    copyLog(environment, runtime);
    const database = openPostgres(environment, runtime);
    const { redis, check, close } = await connectRedis(environment, runtime);
    const cache = createCache(redis, environment.CACHE_TTL_SECONDS, runtime);
    const { MAINTENANCE_MODE: maintenance, AUDIT_RETENTION_DAYS: retentionDays } = environment;
    const { log } = runtime;
    const front = frontOf(environment);
    const routes = [
      ...settingsRoutes({ database, cache, redis, log, ...front }),
      ...auditRoutes({ database, log, retentionDays, ...front }),
    ];

    return {
      routes: maintenance ? readOnly(routes) : routes,
      checks: [database.check(tables), check],
      about: () => ({ maintenance }),
      close: async () => void (await Promise.all([database.close(), close()])),
    };
  },
};

/** Writes the log to files too, named after the pod so that replicas can share a volume (P08). */
function copyLog({ LOG_DIR, LOG_FILE_MAX_BYTES, LOG_FILES_KEPT }: z.output<typeof variables>, { log }: Runtime): void {
  if (LOG_DIR === undefined) return;
  const options = {
    directory: LOG_DIR,
    prefix: `platform-service-${hostname()}`,
    maxBytes: LOG_FILE_MAX_BYTES,
    kept: LOG_FILES_KEPT,
  };
  addStream(
    log,
    openLogFiles(options, (reason) => log.warn({ directory: LOG_DIR, reason }, "log lines are not copied to a file")),
  );
}
