import type * as pulumi from "@pulumi/pulumi";
import { ContentMap } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { type ToolContainer, toolContainers } from "../../capabilities/verified-backup/tool-container.ts";
import { backupScripts } from "../../capabilities/verified-backup/verified-backup.ts";
import { images } from "../../images.ts";

/** UID and GID of the user `mysql` in the upstream image. */
export const mysqlIdentity = { uid: 999, gid: 999 };

/**
 * The products that speak MySQL's protocol. Each one's own programs dump it, and a scratch server of its own holds the
 * copy:
 * `mysql` MySQL 8.0 to 9.7, `mariadb` MariaDB up to 10.11. A newer server is refused before anything is dumped.
 */
export const mysqlServers = ["mysql", "mariadb"] as const;
export type MysqlServer = (typeof mysqlServers)[number];

/** Containers that run the scripts beside this file with a product's programs. */
export function mysqlTools(
  name: string,
  namespace: string,
  server: MysqlServer,
  options: pulumi.ComponentResourceOptions,
): ToolContainer {
  const files = new ContentMap(
    `${name}-scripts`,
    { namespace, labels: { app: name }, files: { ...scripts(import.meta.dirname), ...backupScripts() } },
    options,
  );
  const tool = toolContainers(images[server], files.mapName);
  return (script, env, ...rest) => tool(script, { DATABASE_SERVER: server, ...env }, ...rest);
}
