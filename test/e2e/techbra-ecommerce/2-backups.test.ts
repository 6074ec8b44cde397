import { drillBackup, kafkaBackup, postgresBackup, redisBackup } from "../../support/backup-faults.ts";

drillBackup(postgresBackup("techbra-test"));
drillBackup(redisBackup("techbra-test"));
drillBackup(kafkaBackup("techbra-test"));
