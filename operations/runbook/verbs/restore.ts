import { copyNamed } from "../copy-jobs.ts";
import { Refused, UsageError } from "../errors.ts";
import { rightsOfJobs } from "../job-run.ts";
import { rightsOfAsking } from "../own-store.ts";
import { postgresRestore } from "../postgres-restore.ts";
import { rightsOfScaling } from "../scaling.ts";
import type { ActingVerb, Right } from "../verb.ts";
import { backedUp } from "./backup.ts";

/** Restores a copy beside the data in use, and exchanges both (B12, B14). */
export const restore: ActingVerb = {
  kind: "disturbs",
  name: "restore",
  summary:
    "Restore a copy into a new database beside the one in use, compare every table, and swap their names while what uses it is stopped. The old one is kept.",
  names: [{ form: "<store>", description: "a Postgres of the system that has a backup" }],
  options: [
    { flags: "--copy <name>", description: "a verified copy by its name; the newest one otherwise" },
    { flags: "--back <database>", description: "no copy: a database that an earlier restore kept gets its name again" },
  ],
  rights: merged([...rightsOfJobs, ...rightsOfAsking, ...rightsOfScaling]),
  examples: [
    "restore bgc-platform postgres --dry-run",
    "restore bgc-platform postgres --copy bgc-20260131T020000Z-abcde",
    "restore bgc-platform postgres --back bgc_before_20260131t081500",
  ],
  plan(target, scope, { names: [named = ""], options, run }) {
    const [{ store, backup }] = backedUp(target, [named]) as [ReturnType<typeof backedUp>[number]];
    const { kind, database, user } = target.dataStores.find(({ name }) => name === store)!;
    if (kind !== "postgres" || database === undefined || user === undefined)
      throw new Refused([
        `restore knows how to exchange the data of a Postgres and not those of ${store} (${kind}); that a copy of it can be restored says "runbook drill ${target.system} ${store}"`,
      ]);
    const copy = copyNamed(options["copy"]);
    const back = options["back"];
    if (back !== undefined && copy !== undefined) throw new UsageError("--copy and --back exclude each other");
    return postgresRestore(target, scope, {
      store,
      backup,
      database,
      owner: user,
      run,
      from: typeof back === "string" ? { kept: back } : { copy: copy ?? "newest" },
    });
  },
};

/** Each resource once, with all verbs that are asked for it. */
function merged(rights: readonly Right[]): Right[] {
  const byResource = Map.groupBy(rights, ({ group, resource }) => `${group}/${resource}`);
  return [...byResource.values()].map((same) => ({
    ...same[0]!,
    verbs: [...new Set(same.flatMap(({ verbs }) => verbs))],
  }));
}
