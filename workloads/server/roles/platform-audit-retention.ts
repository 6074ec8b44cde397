import * as z from "zod";
import { openPostgres, postgresVariables } from "../data/postgres.ts";
import { whole } from "../environment.ts";
import { writeArchive } from "../platform/archive.ts";
import { archiveExpired } from "../platform/archive-expired.ts";
import { folder } from "../platform/folder.ts";
import type { Task } from "../role.ts";

const variables = z.object({
  ...postgresVariables,
  /** How long an audit event is kept; fewer than 90 days are refused when the task runs. */
  AUDIT_RETENTION_DAYS: whole(1, 36_500, 365),
  /** Where the copies of deleted events stay. */
  ARCHIVE_DIR: folder,
});

/** The scheduled end of old audit events: copied first, deleted then (P07). */
export const platformAuditRetention: Task<typeof variables> = {
  name: "platform-audit-retention",
  version: "v1.1.0",
  variables,
  async run(environment, runtime) {
    const database = openPostgres(environment, runtime);
    try {
      await archiveExpired({
        database,
        retentionDays: environment.AUDIT_RETENTION_DAYS,
        archive: (pages) => writeArchive(environment.ARCHIVE_DIR, pages),
        log: runtime.log,
        signal: runtime.signal,
      });
    } finally {
      await database.close();
    }
  },
};
