import type * as pulumi from "@pulumi/pulumi";
import { ContentMap } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { toolContainers } from "../../capabilities/verified-backup/tool-container.ts";
import { type BackupArgs, backupScripts, VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import { images } from "../../images.ts";
import { bytes, type Size } from "../../workload/units.ts";
import { type Redis, redisDefaults, redisIdentity } from "./redis.ts";

interface RedisBackupArgs extends BackupArgs {
  readonly of: string;
  readonly namespace: string;
  /** The server's `maxmemory`: a snapshot is no larger, and the scratch server needs as much memory as the server. */
  readonly maxMemory: Size;
  readonly client: Redis["client"];
  readonly storageClass?: string;
  readonly retainData: boolean;
}

/** Snapshots of a Redis that holds state, each loaded by a scratch server before it counts (G08, T11). */
export function redisBackup(
  name: string,
  { client, maxMemory, ...args }: RedisBackupArgs,
  options: pulumi.ComponentResourceOptions,
): VerifiedBackup {
  const map = new ContentMap(
    `${name}-scripts`,
    {
      namespace: args.namespace,
      labels: { app: name },
      files: { ...scripts(import.meta.dirname), ...backupScripts() },
    },
    options,
  );
  const tool = toolContainers(images.redis, map.mapName);
  const memory: Size = `${Math.ceil(Math.max(bytes(maxMemory) * redisDefaults.memoryHeadroom, bytes("1Gi")) / bytes("1Mi"))}Mi`;
  return new VerifiedBackup(
    name,
    {
      ...args,
      dataSize: maxMemory,
      identity: redisIdentity,
      annotations: client.annotations,
      tool,
      steps: (copies, env, scratch) => [
        tool("dump", { ...env, ...client.env }, [copies, ...client.mounts]),
        tool("verify", env, [copies, scratch], memory),
      ],
    },
    options,
  );
}
