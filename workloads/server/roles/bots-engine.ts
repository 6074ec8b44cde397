import { hostname } from "node:os";
import * as z from "zod";
import { mysqlVariables, openMysql } from "../data/mysql.ts";
import { runEngine } from "../edi/engine.ts";
import { homeAt, homeVariables, makeFolders } from "../edi/home.ts";
import { settingsOf, settingsVariables } from "../edi/settings.ts";
import { whole } from "../environment.ts";
import type { Task } from "../role.ts";

const variables = z.object({
  ...mysqlVariables,
  ...homeVariables,
  ...settingsVariables,
  /** How long to wait for another engine; 0 refuses at once. */
  ENGINE_LOCK_WAIT_SECONDS: whole(0, 86_400, 0),
  /** A file that was changed later than this ago may still be growing and is left to the next run. */
  INFILE_SETTLE_SECONDS: whole(0, 3_600, 2),
});

/**
 * One run of the engine, from its schedule or by hand (E03). Fails when another one runs, or when a file could not be
 * imported.
 */
export const botsEngine: Task<typeof variables> = {
  name: "bots-engine",
  version: "v1.2.0",
  variables,
  async run(environment, { log, metrics, signal }) {
    const database = openMysql(environment, { log, metrics });
    const home = homeAt(environment.BOTS_HOME);
    const { maxAttempts, engineMaxSeconds: maxSeconds } = settingsOf(environment);
    try {
      await makeFolders(home);
      await database.session((session) =>
        runEngine(session, {
          holder: hostname(),
          home,
          maxAttempts,
          maxSeconds,
          lockWaitSeconds: environment.ENGINE_LOCK_WAIT_SECONDS,
          settleSeconds: environment.INFILE_SETTLE_SECONDS,
          log,
          signal,
        }),
      );
    } finally {
      await database.close();
    }
  },
};
