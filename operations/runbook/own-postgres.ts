import type { StoreLocation } from "../../components/data/store.ts";
import type { Target } from "../../components/systems/target.ts";
import { askInPod } from "./own-store.ts";
import type { Scope } from "./verb.ts";

/** A Postgres of a system: `own` where the system runs it. */
export interface OwnPostgres {
  readonly location: StoreLocation;
  readonly own: boolean;
}

/** The first Postgres of a system. */
export function ownPostgres({ dataStores, workloads }: Target): OwnPostgres | undefined {
  const location = dataStores.find(({ kind }) => kind === "postgres");
  return (
    location && {
      location,
      own: workloads.some(({ kind, name }) => kind === "StatefulSet" && name === location.name),
    }
  );
}

/** No question may write, keep the server busy for long, or mix a warning into the answer. */
const guarded = "PGOPTIONS=-c default_transaction_read_only=on -c statement_timeout=30s -c client_min_messages=error";

/**
 * The one JSON value that a query returns, asked in the server's own pod, where the socket wants no password. Throws
 * with the server's words. The text must hold no value that a person wrote.
 */
export async function askPostgres<Answer>(
  target: Target,
  scope: Scope,
  { name, database = "postgres" }: StoreLocation,
  query: string,
): Promise<Answer> {
  const psql = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", query];
  const { succeeded, said, pod } = await askInPod(target, scope, name, "Postgres is not Ready", [
    "env",
    guarded,
    ...psql,
  ]);
  if (!succeeded) throw new Error(`psql in ${pod}: ${said.split("\n").find((line) => line.includes("ERROR")) ?? said}`);
  return JSON.parse(said) as Answer;
}
