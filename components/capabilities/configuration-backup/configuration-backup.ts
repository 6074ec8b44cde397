import * as pulumi from "@pulumi/pulumi";
import { images } from "../../images.ts";
import type { Size } from "../../workload/units.ts";
import { ContentMap } from "../content-map.ts";
import { scripts } from "../scripts.ts";
import type { S3Copy } from "../verified-backup/upload.ts";
import { toolContainers } from "../verified-backup/tool-container.ts";
import { backupScripts, VerifiedBackup } from "../verified-backup/verified-backup.ts";

export interface ConfigurationBackupArgs {
  readonly namespace: string;
  /** ConfigMaps to copy. Secrets are never copied: an archive is read by more people than a Secret (G14). */
  readonly configs: readonly string[];
  /** Five cron fields, in UTC. */
  readonly schedule: string;
  readonly storage: Size;
  readonly storageClass?: string;
  readonly keepDays: number;
  readonly keepAtLeast: number;
  readonly retainData: boolean;
  /** @default archives stay on their volume */
  readonly s3?: S3Copy;
}

/** Archives of a system's settings, each unpacked and compared before it counts (G08, G14). */
export class ConfigurationBackup extends pulumi.ComponentResource {
  constructor(
    name: string,
    { configs, schedule, ...args }: ConfigurationBackupArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("platform:capability:ConfigurationBackup", name, {}, options);
    const parent = { parent: this };
    const map = new ContentMap(
      `${name}-scripts`,
      {
        namespace: args.namespace,
        labels: { app: name },
        files: { ...scripts(import.meta.dirname), ...backupScripts() },
      },
      parent,
    );
    const tool = toolContainers(images.node, map.mapName);
    const backup = new VerifiedBackup(
      name,
      {
        ...args,
        of: "configuration",
        // A ConfigMap holds 1 MiB at most.
        dataSize: `${configs.length}Mi`,
        schedule: { cron: schedule },
        identity: { uid: 1000, gid: 1000 },
        tool,
        steps: (copies, env) => [
          tool("archive", env, [
            copies,
            ...configs.map((config) => ({ path: `/configuration/${config}`, configMap: config })),
          ]),
        ],
      },
      parent,
    );
    backup.first();
    this.registerOutputs({});
  }
}
