import type { Target } from "../../components/systems/target.ts";
import { askInPod } from "./own-store.ts";
import type { Scope } from "./verb.ts";

/** A database of a server, by what its name may change and its identity not. */
interface Database {
  readonly oid: number;
  readonly name: string;
}

/** A session of a client in the database that is asked about. */
interface Session {
  /** Address that it comes from; empty for one on the server itself. */
  readonly address: string;
  readonly user: string;
  readonly program: string;
}

/** What a Postgres server says of a database and of the room for another one. */
export interface PostgresState {
  readonly databases: readonly Database[];
  readonly sessions: readonly Session[];
  /** Bytes of the database, and bytes that its volume has left. */
  readonly size: number;
  readonly free: number;
}

/** The database's name is an argument, so no name is taken for SQL or for shell. */
const question = `set -euo pipefail
psql -X -A -t -q -v ON_ERROR_STOP=1 -v database="$1" -U postgres postgres <<'SQL'
SELECT 'database', oid, datname FROM pg_database ORDER BY datname;
SELECT 'session', host(client_addr), usename, application_name FROM pg_stat_activity WHERE datname = :'database' AND backend_type = 'client backend';
SELECT 'size', pg_database_size(oid) FROM pg_database WHERE datname = :'database';
SQL
echo "free|$(df --block-size=1 --output=avail "$PGDATA" | tail -n 1)"`;

/** Asks the server of a StatefulSet in its own pod. Throws with the reason where it does not answer. */
export async function postgresState(
  target: Target,
  scope: Scope,
  name: string,
  database: string,
): Promise<PostgresState> {
  const { succeeded, said, pod } = await askInPod(target, scope, name, `Postgres ${name} has no Ready pod`, [
    "bash",
    "-c",
    question,
    "look",
    database,
  ]);
  if (!succeeded) throw new Error(`Postgres in ${pod} does not answer: ${said}`);
  const lines = said.split("\n").map((line) => line.split("|"));
  const of = (kind: string) => lines.filter(([first]) => first === kind);
  return {
    databases: of("database").map(([, oid, ...rest]) => ({ oid: Number(oid), name: rest.join("|") })),
    sessions: of("session").map(([, address = "", user = "", ...rest]) => ({ address, user, program: rest.join("|") })),
    size: Number(of("size")[0]?.[1] ?? 0),
    free: Number(of("free")[0]?.[1]),
  };
}
