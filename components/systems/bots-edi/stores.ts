import { mysqlStore } from "../../data/mysql/store.ts";
import { backupArgs, containerResources } from "../setting-types.ts";
import type { SystemContext } from "../target.ts";
import type { BotsEdiSettings } from "./settings.ts";

export const namespace = "edi";

/** Labels of the pods of one program. */
export const labels = (component: string) => ({ app: "bots-edi", component });

/**
 * The stores of EDI, before anything is declared: the runbook's external server, or one in the namespace for local
 * stacks (E06).
 */
export const ediStores = ({ database, backup }: BotsEdiSettings, context: SystemContext) => ({
  mysql: mysqlStore("mysql", database, {
    namespace,
    settingPath: "bots-edi.database",
    backupPath: "bots-edi.backup",
    serviceName: "mysql",
    labels: { app: "bots-edi" },
    database: "botsedi_data",
    user: "botsedi",
    credentialName: "bots-edidb-secret",
    storage: database.storage,
    ...(database.kind === "in-cluster" && {
      rotation: database.rotation,
      resources: containerResources(database.resources, "1Gi"),
    }),
    ...context.storage,
    retainData: context.retainData,
    backup: { ...backupArgs(backup), name: "bots-db-backup", claimName: "bots-backup-pvc", labels: labels("backup") },
  }),
});
