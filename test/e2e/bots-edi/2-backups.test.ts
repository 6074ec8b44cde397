import { drillBackup, ediBackup } from "../../support/backup-faults.ts";

drillBackup(ediBackup);
