import type { Target } from "../../components/systems/target.ts";
import { choice } from "../../settings/nearest-name.ts";
import { UsageError } from "./errors.ts";
import { askInPod } from "./own-store.ts";
import { size } from "./size.ts";
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

/** Times its size that a restored database may need while its indexes are made. */
const room = 1.2;
const moment = /_\d{8}t\d{6}$/;

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

/** Databases that loads left and which were never swapped in: a swapped one has another name. */
export const leftIn = ({ databases }: PostgresState, database: string): string[] =>
  databases.map(({ name }) => name).filter((name) => isOf(name, database, "restored"));

const isOf = (name: string, database: string, ...kinds: readonly string[]): boolean =>
  kinds.some((kind) => name.startsWith(`${database}_${kind}_`) && name.replace(moment, "") === `${database}_${kind}`);

/** Throws {@link UsageError} with the databases that restores kept, where it is none of them. */
export function refuseUnknown(kept: string, database: string, { databases }: PostgresState): void {
  const known = databases.map(({ name }) => name).filter((name) => isOf(name, database, "before", "undone"));
  if (!known.includes(kept))
    throw new UsageError(
      `no restore kept a database "${kept}"; ${known.length > 0 ? choice(kept, known) : "none is kept"}`,
    );
}

/** What speaks against a restore: no database to take the place of, no room for a second one, and who would go on in the old one. */
export function serverProblems(
  { databases, sessions, size: bytes, free }: PostgresState,
  stopped: ReadonlySet<string | undefined>,
  { store, database }: { readonly store: string; readonly database: string },
  system: string,
  makesRoom: boolean,
): string[] {
  if (!databases.some(({ name }) => name === database))
    return [
      `the server of ${store} has no database ${database}: make an empty one with "npx runbook run ${system} ${store}-provision", and restore then`,
    ];
  return [
    ...(makesRoom && !(free > bytes * room)
      ? [
          `a second copy of ${database} needs ${size(Math.ceil(bytes * room))}, and the volume of ${store} has ${size(free)} left: drop a database that a restore kept, or give it a larger volume`,
        ]
      : []),
    ...sessions
      .filter(({ address }) => address === "" || !stopped.has(address))
      .map(
        ({ address, user, program }) =>
          `somebody works in ${database} who would go on in the old one, and whom this command does not stop: ${user} (${program || "a program without a name"}) from ${address || "the server itself"}`,
      ),
  ];
}
