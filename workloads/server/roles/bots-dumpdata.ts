import * as z from "zod";
import { mysqlTaskVariables, openMysql, waitTimeout } from "../data/mysql.ts";
import { dumpFixture } from "../edi/dump.ts";
import { excludeVariables } from "../edi/model-tables.ts";
import { word } from "../environment.ts";
import type { Task } from "../role.ts";

const variables = z.object({
  ...mysqlTaskVariables,
  /** Others wait for nothing of it, and a file of gigabytes takes its time between two statements. */
  MYSQL_WAIT_TIMEOUT_SECONDS: waitTimeout(600),
  ...excludeVariables,
  /** The fixture; OUTPUT_FILE.counts is written beside it. Must not exist. */
  OUTPUT_FILE: word("the path of a file to write"),
});

/** Writes the database to a fixture (E09). Fails without leaving a file under that name. */
export const botsDumpdata: Task<typeof variables> = {
  name: "bots-dumpdata",
  version: "v1.2.0",
  variables,
  async run(environment, { log, metrics, signal }) {
    const database = openMysql(environment, { log, metrics });
    try {
      const counts = await database.session((session) =>
        dumpFixture(session, { output: environment.OUTPUT_FILE, exclude: environment.EXCLUDE, signal }),
      );
      log.info({ file: environment.OUTPUT_FILE, rows: Object.fromEntries(counts) }, "dumped");
    } finally {
      await database.close();
    }
  },
};
