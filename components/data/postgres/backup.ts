import type * as pulumi from "@pulumi/pulumi";
import type { Credential } from "../../capabilities/credential.ts";
import { type BackupArgs, backupDefaults, type ToolContainer, VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import { postgresIdentity } from "./postgres.ts";

interface PostgresBackupArgs extends BackupArgs {
  readonly of: string;
  readonly namespace: pulumi.Input<string>;
  readonly storageClass?: string;
  readonly retainData: boolean;
  readonly connection: Readonly<Record<string, string>>;
  readonly credential: Credential;
  readonly tool: ToolContainer;
}

/** Dumps the database and its roles, and restores them into a scratch server of the job's own pod (B10, B11). */
export function postgresBackup(name: string, { connection, credential, ...args }: PostgresBackupArgs, options: pulumi.ComponentResourceOptions): VerifiedBackup {
  const { tool } = args;
  return new VerifiedBackup(name, {
    ...args,
    identity: postgresIdentity,
    annotations: credential.generation,
    steps: (copies, env) => [
      tool("dump", { ...env, ...connection, PGPASSWORD_FILE: "/credentials/backup/password" }, [copies, { path: "/credentials/backup", secret: credential.secretName }]),
      tool("verify", env, [copies, { path: "/scratch", scratch: args.scratch ?? backupDefaults.scratch }], "512Mi"),
    ],
  }, options);
}
