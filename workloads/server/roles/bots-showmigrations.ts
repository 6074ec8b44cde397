import * as z from "zod";
import { mysqlVariables, openMysql } from "../data/mysql.ts";
import { missing, readRecords, showMigrations } from "../edi/migrate.ts";
import { migrations } from "../edi/schema.ts";
import type { Task } from "../role.ts";

const variables = z.object(mysqlVariables);

/** Prints every step of the schema with a cross if it is applied; fails when one is not (E16). */
export const botsShowmigrations: Task<typeof variables> = {
  name: "bots-showmigrations",
  version: "v1.2.0",
  variables,
  async run(environment, { log, metrics }) {
    const database = openMysql(environment, { log, metrics });
    try {
      const records = await readRecords(database);
      process.stdout.write(`${showMigrations(migrations, records).join("\n")}\n`);
      const unapplied = missing(migrations, records);
      if (unapplied.length > 0) throw new Error(`not applied: ${unapplied.join(", ")}`);
    } finally {
      await database.close();
    }
  },
};
