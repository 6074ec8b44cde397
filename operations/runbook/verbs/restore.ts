import { copyNamed } from "../copy-jobs.ts";
import { Refused, UsageError } from "../errors.ts";
import { rightsOfJobs } from "../job-run.ts";
import { rightsOfAsking } from "../own-store.ts";
import { postgresRestore } from "../postgres-restore.ts";
import { redisRestore } from "../redis-restore.ts";
import { rightsOfScaling } from "../scaling.ts";
import type { ActingVerb, Right } from "../verb.ts";
import { backedUp } from "./backup.ts";

/** Restores a copy beside the data in use, and exchanges both (B12, B14, G09). */
export const restore: ActingVerb = {
  kind: "disturbs",
  name: "restore",
  summary:
    "Restore a copy beside the data in use, compare it, and exchange both in one step. Of Postgres the old database is kept, of a Redis that holds state a copy is made first.",
  names: [{ form: "<store>", description: "a Postgres, or a Redis that holds state, that has a backup" }],
  options: [
    { flags: "--copy <name>", description: "a verified copy by its name; the newest one otherwise" },
    {
      flags: "--back <database>",
      description: "no copy: a database of Postgres that an earlier restore kept gets its name again",
    },
  ],
  rights: merged([...rightsOfJobs, ...rightsOfAsking, ...rightsOfScaling]),
  examples: [
    "restore bgc-platform postgres --dry-run",
    "restore bgc-platform postgres --copy bgc-20260131T020000Z-abcde",
    "restore bgc-platform postgres --back bgc_before_20260131t081500",
    "restore resilient-api-gateway redis",
  ],
  plan(target, scope, { names: [named = ""], options, run }) {
    const [{ store, backup }] = backedUp(target, [named]) as [ReturnType<typeof backedUp>[number]];
    const { kind, database, user } = target.dataStores.find(({ name }) => name === store)!;
    const copy = copyNamed(options["copy"]);
    const back = options["back"];
    if (back !== undefined && copy !== undefined) throw new UsageError("--copy and --back exclude each other");
    if (kind === "redis-state") {
      if (back !== undefined)
        throw new UsageError(`what ${store} held before a restore is a copy: name it with --copy`);
      return redisRestore(target, scope, { store, backup, run, copy: copy ?? "newest" });
    }
    if (kind !== "postgres" || database === undefined || user === undefined)
      throw new Refused([
        `restore knows no way to exchange the data of ${store} (${kind}) in one step; that a copy of it can be restored says "runbook drill ${target.system} ${store}"`,
      ]);
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
