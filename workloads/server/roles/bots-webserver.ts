import * as z from "zod";
import { mysqlVariables, openMysql } from "../data/mysql.ts";
import { exportVolumeUsage, homeAt, homeCheck, homeVariables, makeFolders } from "../edi/home.ts";
import { exportDatabaseMetrics } from "../edi/metrics.ts";
import { migrationsCheck } from "../edi/migrate.ts";
import { webRoutes } from "../edi/routes.ts";
import { migrations, tables } from "../edi/schema.ts";
import { settingsOf, settingsVariables } from "../edi/settings.ts";
import { reasonOf } from "../reason.ts";
import type { Role } from "../role.ts";

const variables = z.object({ ...mysqlVariables, ...homeVariables, ...settingsVariables });

/** The web interface, the API and the metrics of Bots EDI (E01, E14, E18). */
export const botsWebserver: Role<typeof variables> = {
  name: "bots-webserver",
  version: "v1.2.0",
  healthPath: "/health/ready",
  variables,
  async start(environment, { log, metrics }) {
    const database = openMysql(environment, { log, metrics });
    const home = homeAt(environment.BOTS_HOME);
    await makeFolders(home).catch((error: unknown) =>
      log.warn({ reason: reasonOf(error) }, "the data volume is not usable"),
    );
    exportDatabaseMetrics(database, metrics.registry);
    exportVolumeUsage(home, metrics.registry);
    const { name: service, version } = botsWebserver;

    return {
      routes: [
        {
          method: "GET",
          path: "/health/live",
          probe: true,
          handle: (context) => context.json({ status: "ok", service, implementation: "contract-server", version }),
        },
        { method: "GET", path: "/health/ping", probe: true, handle: (context) => context.text("pong") },
        ...webRoutes({ database, version, pageLimit: settingsOf(environment).pageLimit }),
      ],
      checks: [database.check(tables), migrationsCheck(database, migrations), homeCheck(home)],
      close: () => database.close(),
    };
  },
};
