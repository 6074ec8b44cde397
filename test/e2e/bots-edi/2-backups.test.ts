import test from "ava";
import { backupDrill } from "../../support/backup-drill.ts";
import { drillBackup, ediBackup } from "../../support/backup-faults.ts";
import { mysql } from "../../support/cluster.ts";
import { foreignObjects } from "../../support/mysql-source.ts";

drillBackup(ediBackup);

test.serial(
  "an event, routines, a trigger and a view of users who do not exist are restored before the copy counts",
  async (t) => {
    const { run } = backupDrill("edi", "bots-db-backup");
    try {
      await mysql(
        [
          "CREATE TABLE drill_orders (id INT PRIMARY KEY)",
          "INSERT INTO drill_orders VALUES (1)",
          ...foreignObjects,
        ].join("; "),
      );
      const { outcome, logs } = await run("definers");
      t.is(outcome, "Complete", logs);
      t.regex(
        logs,
        /verified botsedi_data-\S+: \d+ tables restored with the rows that were there, 5 views, routines, triggers and events, \d+ records in dumpdata\.json/,
      );
    } finally {
      await mysql(
        "DROP EVENT IF EXISTS drill_event; DROP PROCEDURE IF EXISTS drill_procedure; DROP FUNCTION IF EXISTS drill_function; DROP VIEW IF EXISTS drill_view; DROP TABLE IF EXISTS drill_orders",
      );
    }
  },
);
