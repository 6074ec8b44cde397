import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { mysqlTaskVariables, openMysql } from "../data/mysql.ts";
import { refusalIn } from "../data/tls.ts";
import { withLock } from "../edi/lock.ts";
import { applyMigrations, readRecords, showMigrations } from "../edi/migrate.ts";
import { migrations } from "../edi/schema.ts";
import { whole } from "../environment.ts";
import { HttpProblem } from "../http/problem.ts";
import { reasonOf } from "../reason.ts";
import type { Task } from "../role.ts";

const variables = z.object({
  ...mysqlTaskVariables,
  /** Longest wait for the server, and for another runner. */
  WAIT_SECONDS: whole(0, 3_600, 300),
});

/** Wait between two attempts to reach the server, in ms. */
const interval = 3_000;

/** Brings the schema up to date before anything else starts, and prints what is applied (E16). Safe to run again. */
export const botsMigrate: Task<typeof variables> = {
  name: "bots-migrate",
  version: "v1.2.0",
  variables,
  async run(environment, { log, metrics, signal }) {
    const database = openMysql(environment, { log, metrics });
    const end = Date.now() + environment.WAIT_SECONDS * 1_000;
    const migrate = () =>
      database.session((session) =>
        withLock(session, { name: "bots-migrate", waitSeconds: environment.WAIT_SECONDS, signal }, async () => {
          const applied = await applyMigrations(session, migrations);
          log.info({ applied }, applied.length > 0 ? "migrated" : "nothing to migrate");
          process.stdout.write(`${showMigrations(migrations, await readRecords(session)).join("\n")}\n`);
        }),
      );
    try {
      for (;;) {
        try {
          return await migrate();
        } catch (error) {
          // Every statement can be run again, so an outage between two of them is waited for like one before the first.
          if (!(error instanceof HttpProblem) || refusalIn(error) || Date.now() >= end) throw error;
          log.warn({ reason: reasonOf(error) }, "waiting for the database");
          await sleep(interval, undefined, { signal });
        }
      }
    } finally {
      await database.close();
    }
  },
};
