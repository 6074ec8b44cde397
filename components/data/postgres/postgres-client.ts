import type { Client } from "../client.ts";

/** What a client needs to log in as the database's owner; the password is the key `password` of a Secret. */
export function postgresClient(host: string, port: number, { user, database }: { readonly user: string; readonly database: string }, secret: string, annotations: Readonly<Record<string, string>>): Client {
  return {
    env: { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database, PGPASSWORD_FILE: "/credentials/postgres/password" },
    mounts: [{ path: "/credentials/postgres", secret }],
    annotations,
  };
}
