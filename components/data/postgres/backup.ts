import type * as pulumi from "@pulumi/pulumi";
import type { Credential } from "../../capabilities/credential.ts";
import { deadlineFor } from "../../capabilities/verified-backup/size.ts";
import type { ToolContainer } from "../../capabilities/verified-backup/tool-container.ts";
import { type BackupArgs, VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import { seconds, type Size } from "../../workload/units.ts";
import { postgresIdentity } from "./identity.ts";

interface PostgresBackupArgs extends BackupArgs {
  readonly of: string;
  readonly namespace: pulumi.Input<string>;
  /** Size of the database's volume. */
  readonly dataSize: Size;
  readonly storageClass?: string;
  readonly retainData: boolean;
  readonly connection: Readonly<Record<string, string>>;
  readonly credential: Credential;
  readonly tool: ToolContainer;
}

/** Dumps the database and its roles, and restores them into a scratch server of the job's own pod (B10, B11). */
export function postgresBackup(
  name: string,
  { connection, credential, ...args }: PostgresBackupArgs,
  options: pulumi.ComponentResourceOptions,
): VerifiedBackup {
  const { tool } = args;
  // A table that takes longer to count leaves no time for the dump and its restore.
  const countSeconds = Math.ceil(seconds(args.deadline ?? deadlineFor(args.dataSize)) / 4);
  return new VerifiedBackup(
    name,
    {
      ...args,
      identity: postgresIdentity,
      annotations: credential.generation,
      // Both programs hold the largest row in memory a few times over.
      steps: (copies, env, scratch) => [
        tool(
          "dump",
          {
            ...env,
            ...connection,
            PGPASSWORD_FILE: "/credentials/backup/password",
            COUNT_SECONDS: String(countSeconds),
          },
          [copies, { path: "/credentials/backup", secret: credential.secretName }],
          "512Mi",
        ),
        tool("verify", env, [copies, scratch], "1Gi"),
      ],
    },
    options,
  );
}
