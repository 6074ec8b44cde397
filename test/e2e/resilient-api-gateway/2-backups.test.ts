import { configurationBackup, drillBackup, redisBackup } from "../../support/backup-faults.ts";

drillBackup(redisBackup("api-gateway"));
drillBackup(configurationBackup("api-gateway"));
