import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import type { CloudNativeEngine } from "./engine.ts";
import type { PostgresArgs } from "./postgres.ts";

/** What a stack asks for that the operator has no place for, each with the way out; empty when it can have all. */
export function cloudNativeRefusals(
  { backup }: Pick<PostgresArgs, "backup">,
  serverName: string,
  { recovery }: Pick<CloudNativeEngine, "recovery">,
): string[] {
  const { s3, schedule = backupDefaults.schedule, keepAtLeast = backupDefaults.keepAtLeast } = backup;
  const defaults = { storage: backupDefaults.storage, scratch: undefined, deadline: undefined };
  const noUse = (["storage", "scratch", "deadline"] as const)
    .filter((setting) => backup[setting] !== undefined && backup[setting] !== defaults[setting])
    .map((setting) => `postgres.backup.${setting} is ${backup[setting]}, and copies go to the bucket alone: remove it`);
  return [
    ...(s3 ? [] : ["postgres.backup.s3 is not set, and copies go to a bucket alone: set it"]),
    ...([undefined, "Etc/UTC", "UTC"].includes(schedule.timeZone)
      ? []
      : [
          `postgres.backup.timeZone is "${schedule.timeZone}", and the operator's schedules are in UTC: write postgres.backup.schedule in UTC and remove the time zone`,
        ]),
    ...noUse,
    ...(keepAtLeast === backupDefaults.keepAtLeast
      ? []
      : [
          `postgres.backup.keepAtLeast is ${keepAtLeast}, and the bucket keeps copies by their days: remove it and set postgres.backup.keepDays`,
        ]),
    ...(recovery?.fromServerName === serverName
      ? [
          `postgres.engine.recovery.fromServerName is "${serverName}", which is also the name that the new server archives under: set postgres.engine.serverName to another one, such as "${serverName}-2"`,
        ]
      : []),
  ];
}
