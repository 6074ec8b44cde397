import type * as pulumi from "@pulumi/pulumi";
import { ContentMap, contentHash } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { images } from "../../images.ts";
import type { Excepted } from "../../workload/exceptions.ts";
import { Job } from "../../workload/job.ts";
import type { DataStore } from "../store.ts";
import { postgresIdentity } from "./identity.ts";

export interface SqlJobArgs extends Excepted {
  readonly namespace: string;
  readonly postgres: Pick<DataStore, "client">;
  /** The script to run and the files it reads, by their names. */
  readonly script: string;
  readonly files: Readonly<Record<string, string>>;
  /** @default the name and a hash of the files */
  readonly jobName?: string;
}

/** A script with its SQL files, run once for each content as the database's owner (B08, B09). */
export function sqlJob(
  name: string,
  { namespace, postgres: { client }, script, ...args }: SqlJobArgs,
  options: pulumi.ComponentResourceOptions,
): Job {
  const files = { ...scripts(import.meta.dirname, /^((connection|migrate)\.sh|transaction-end\.awk)$/), ...args.files };
  const map = new ContentMap(name, { namespace, labels: { app: name }, files }, options);
  return new Job(
    name,
    {
      jobName: args.jobName ?? `${name}-${contentHash(files)}`,
      namespace,
      labels: { app: name },
      annotations: client.annotations,
      exceptions: args.exceptions,
      identity: postgresIdentity,
      deadline: "15m",
      containers: [
        {
          name,
          image: images.postgres,
          command: ["bash", `/sql/${script}`],
          env: { ...client.env, MIGRATIONS_DIR: "/sql" },
          resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "256Mi" } },
          mounts: [{ path: "/sql", configMap: map.mapName }, { path: "/tmp", scratch: "64Mi" }, ...client.mounts],
        },
      ],
    },
    options,
  );
}

/** Applies the numbered SQL files of a folder that the database has not recorded yet, in order (B09). */
export const migrations = (
  name: string,
  { folder, ...args }: Omit<SqlJobArgs, "script" | "files"> & { readonly folder: string },
  options: pulumi.ComponentResourceOptions,
): Job => sqlJob(name, { ...args, script: "migrate.sh", files: scripts(folder) }, options);
