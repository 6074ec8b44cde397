import * as z from "zod";
import { mysqlTaskVariables, openMysql, waitTimeout } from "../data/mysql.ts";
import { loadFixture } from "../edi/load.ts";
import { excludeVariables } from "../edi/model-tables.ts";
import { word } from "../environment.ts";
import type { Task } from "../role.ts";

const variables = z.object({
  ...mysqlTaskVariables,
  /** Others wait for nothing of it, and a file of gigabytes takes its time between two statements. */
  MYSQL_WAIT_TIMEOUT_SECONDS: waitTimeout(600),
  ...excludeVariables,
  /** The fixture; INPUT_FILE.counts is compared when it is there. */
  INPUT_FILE: word("the path of a fixture"),
});

/** Restores a fixture into an empty, migrated database, all of it or nothing (E12). */
export const botsLoaddata: Task<typeof variables> = {
  name: "bots-loaddata",
  version: "v1.2.0",
  variables,
  async run(environment, { log, metrics, signal }) {
    const database = openMysql(environment, { log, metrics });
    try {
      const counts = await database.session((session) =>
        loadFixture(session, { input: environment.INPUT_FILE, exclude: environment.EXCLUDE, signal }),
      );
      log.info({ file: environment.INPUT_FILE, rows: Object.fromEntries(counts) }, "loaded");
    } finally {
      await database.close();
    }
  },
};
