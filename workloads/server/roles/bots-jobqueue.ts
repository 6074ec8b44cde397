import { hostname } from "node:os";
import * as z from "zod";
import { mysqlVariables, openMysql } from "../data/mysql.ts";
import { homeAt, homeCheck, homeVariables, makeFolders } from "../edi/home.ts";
import { migrationsCheck } from "../edi/migrate.ts";
import { writeLate, writeOut } from "../edi/outfile.ts";
import { workForEver } from "../edi/queue-worker.ts";
import { migrations, tables } from "../edi/schema.ts";
import { settingsOf, settingsVariables } from "../edi/settings.ts";
import { workOne } from "../edi/work.ts";
import { whole } from "../environment.ts";
import { reasonOf } from "../reason.ts";
import type { Role } from "../role.ts";

const variables = z.object({
  ...mysqlVariables,
  ...homeVariables,
  ...settingsVariables,
  /** Wait before the queue is asked again when nothing was due. */
  POLL_INTERVAL_MS: whole(50, 60_000, 1_000),
});

/** Wait after a failure, in ms: the database may be away for long. */
const failurePause = 5_000;

/** Works the queue, beside any number of others and the engine (E02). Its port has probes and metrics only. */
export const botsJobqueue: Role<typeof variables> = {
  name: "bots-jobqueue",
  version: "v1.2.0",
  healthPath: "/health/ready",
  variables,
  async start(environment, { log, metrics }) {
    const database = openMysql(environment, { log, metrics });
    const home = homeAt(environment.BOTS_HOME);
    await makeFolders(home).catch((error: unknown) =>
      log.warn({ reason: reasonOf(error) }, "the data volume is not usable"),
    );
    const { maxAttempts } = settingsOf(environment);
    const parts = { database, home, log };

    const worker = workForEver(
      async () => {
        const outcome = await workOne(database, { worker: hostname(), maxAttempts });
        if (!outcome) return (await writeLate(parts)) > 0;
        if (outcome.state === "done") await writeOut(outcome, parts);
        if (outcome.state === "done") log.info({ id: outcome.id }, "transaction done");
        else log.warn(outcome, "transaction failed");
        return true;
      },
      { idle: environment.POLL_INTERVAL_MS, failure: failurePause },
      log,
    );

    return {
      routes: [],
      checks: [database.check(tables), migrationsCheck(database, migrations), homeCheck(home)],
      async close() {
        await worker.stop();
        await database.close();
      },
    };
  },
};
