import type { Client } from "../client.ts";
import type { Authorities, Tls } from "../tls.ts";

/** MySQL's ssl-mode: no TLS, any certificate, one of an authority that counts, or one of it for the server's name. */
export type MysqlTls = Tls<"DISABLED" | "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY">;

/**
 * What a client needs to reach a server: the password is the key `password` of a Secret. Without `tls` nothing is said
 * of it, as inside a namespace.
 */
export function mysqlClient(
  host: string,
  port: number,
  database: string,
  user: string,
  secret: string,
  annotations: Readonly<Record<string, string>>,
  tls?: Pick<MysqlTls, "mode"> & Authorities,
): Client {
  return {
    env: {
      MYSQL_HOST: host,
      MYSQL_PORT: String(port),
      MYSQL_DATABASE: database,
      MYSQL_USER: user,
      MYSQL_PASSWORD_FILE: "/credentials/mysql/password",
      ...(tls && { MYSQL_SSL_MODE: tls.mode, ...(tls.file && { MYSQL_SSL_CA: tls.file }) }),
    },
    mounts: [{ path: "/credentials/mysql", secret }, ...(tls?.mounts ?? [])],
    annotations,
  };
}
