import { drillBackup, postgresBackup } from "../../support/backup-faults.ts";

drillBackup(postgresBackup("platform"));
