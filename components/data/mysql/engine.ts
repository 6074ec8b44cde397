import type { MysqlTls } from "./mysql-client.ts";
import type { MysqlServer } from "./tools.ts";

/** A server that somebody else runs. The password of its user is in a Secret of the system's namespace. */
export interface ExternalMysql {
  readonly kind: "external";
  readonly server: MysqlServer;
  readonly host: string;
  readonly port: number;
  /** Addresses the host resolves to: the only ones outside the cluster that clients may reach. */
  readonly cidr: string;
  readonly tls: MysqlTls;
  /** The user's password, sealed for the cluster. @default somebody else makes the Secret */
  readonly sealedPassword?: string | undefined;
}

/** Who runs the server: a StatefulSet of this stack, or somebody else. */
export type MysqlEngine = { readonly kind: "in-cluster" } | ExternalMysql;
