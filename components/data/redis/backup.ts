import type * as pulumi from "@pulumi/pulumi";
import { ContentMap } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { type BackupArgs, backupDefaults, backupScripts, toolContainers, VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import { images } from "../../images.ts";
import { type Redis, redisIdentity } from "./redis.ts";

interface RedisBackupArgs extends BackupArgs {
  readonly of: string;
  readonly namespace: string;
  readonly client: Redis["client"];
  readonly storageClass?: string;
  readonly retainData: boolean;
}

/** Snapshots of a Redis that holds state, each loaded by a scratch server before it counts (G08, T11). */
export function redisBackup(name: string, { client, ...args }: RedisBackupArgs, options: pulumi.ComponentResourceOptions): VerifiedBackup {
  const map = new ContentMap(`${name}-scripts`, { namespace: args.namespace, labels: { app: name }, files: { ...scripts(import.meta.dirname), ...backupScripts() } }, options);
  const tool = toolContainers(images.redis, map.mapName);
  return new VerifiedBackup(name, {
    ...args,
    identity: redisIdentity,
    annotations: client.annotations,
    tool,
    steps: (copies, env) => [
      tool("dump", { ...env, ...client.env }, [copies, ...client.mounts]),
      tool("verify", env, [copies, { path: "/scratch", scratch: args.scratch ?? backupDefaults.scratch }], "1Gi"),
    ],
  }, options);
}
