import type * as pulumi from "@pulumi/pulumi";
import { type BackupArgs, VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import type { ContainerArgs, Mount } from "../../workload/container.ts";
import type { Size } from "../../workload/units.ts";
import type { Client } from "../client.ts";
import { reachable } from "../reachable.ts";
import { type MysqlServer, mysqlIdentity, mysqlTools } from "./tools.ts";

/** What a stack can set about the backup, and its names. */
export interface MysqlBackupSettings extends BackupArgs {
  readonly name: string;
  /** Name of the claim that holds the copies. */
  readonly claimName: string;
  /** Labels of the job's pods. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The data as the application itself writes them, which each copy holds beside the dump. */
export interface ApplicationCopy {
  /** Writes `*.json` files to the folder of `staging`. */
  readonly write: ContainerArgs;
  readonly staging: Mount;
  /** Looks at what the copy has of them before it counts. */
  readonly check: (copies: Mount, env: Readonly<Record<string, string>>) => ContainerArgs;
  readonly imagePullSecrets?: readonly string[] | undefined;
}

interface MysqlBackupArgs extends MysqlBackupSettings {
  readonly of: string;
  readonly namespace: string;
  /** The most that the database takes on the server's disk. */
  readonly dataSize: Size;
  readonly storageClass?: string;
  readonly retainData: boolean;
  readonly server: MysqlServer;
  /** The client of the application, and that of a role which may read everything. */
  readonly client: Client;
  readonly reader: Client;
  readonly application?: ApplicationCopy | undefined;
}

/** Dumps the database, restores the copy into a scratch server of the same product and compares it (E09, E10). */
export function mysqlBackup(
  { name, server, client, reader, application, ...args }: MysqlBackupArgs,
  options: pulumi.ComponentResourceOptions,
): VerifiedBackup {
  const tool = mysqlTools(name, args.namespace, server, options);
  // The application's own container has its password where the reader's would be.
  const credentials = reader.mounts.map((mount) =>
    "secret" in mount && mount.path === "/credentials/mysql" ? { ...mount, path: "/credentials/reader" } : mount,
  );
  return new VerifiedBackup(
    name,
    {
      ...args,
      identity: mysqlIdentity,
      imagePullSecrets: application?.imagePullSecrets,
      annotations: { ...client.annotations, ...reader.annotations },
      tool,
      steps: (copies, env, scratch) => [
        reachable(client.env["MYSQL_HOST"]!, client.env["MYSQL_PORT"]!),
        ...(application ? [application.write] : []),
        tool("dump", { ...env, ...reader.env, MYSQL_PASSWORD_FILE: "/credentials/reader/password" }, [
          copies,
          ...(application ? [application.staging] : []),
          ...credentials,
        ]),
        ...(application ? [application.check(copies, env)] : []),
        tool("verify", { ...env, MYSQL_DATABASE: reader.env["MYSQL_DATABASE"]! }, [copies, scratch], "1Gi"),
      ],
    },
    options,
  );
}
