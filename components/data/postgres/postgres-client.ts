import type { Client } from "../client.ts";
import type { Authorities, Tls } from "../tls.ts";

/** libpq's sslmode: no TLS, any certificate, one of an authority that counts, or one of it for the server's name. */
export type PostgresTls = Tls<"disable" | "require" | "verify-ca" | "verify-full">;

/**
 * What a client needs to log in as the database's owner; the password is the key `password` of a Secret. Without `tls`
 * nothing is said of it, as inside a namespace.
 */
export function postgresClient(
  host: string,
  port: number,
  { user, database }: { readonly user: string; readonly database: string },
  secret: string,
  annotations: Readonly<Record<string, string>>,
  tls?: Pick<PostgresTls, "mode"> & Authorities,
): Client {
  return {
    env: {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGDATABASE: database,
      PGPASSWORD_FILE: "/credentials/postgres/password",
      ...(tls && { PGSSLMODE: tls.mode, ...(tls.file && { PGSSLROOTCERT: tls.file }) }),
    },
    mounts: [{ path: "/credentials/postgres", secret }, ...(tls?.mounts ?? [])],
    annotations,
  };
}
