import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { kubectl, shell, sql } from "../../support/cluster.ts";

/** The shell blocks below a heading of the runbook, in order. */
function blocks(heading: string): string[] {
  const section = readFileSync(join(checkout, "docs/runbooks/bgc-platform.md"), "utf8")
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  if (!section) throw new Error(`the runbook has no section "${heading}"`);
  return [...section.matchAll(/^```bash\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
}

test.serial(
  "the runbook's restore, pasted block by block, brings back rows that were deleted, and keeps the old database (B12)",
  async (t) => {
    const made = await shell(
      "kubectl create job restore-drill -n data --from=cronjob/postgres-backup && kubectl wait --for=condition=complete job/restore-drill -n data --timeout=300s && kubectl logs -n data job/restore-drill -c verify; kubectl delete job restore-drill -n data",
    );
    const copy = /verified (bgc-\S+):/.exec(made.stdout)?.[1];
    t.truthy(copy, made.stdout + made.stderr);
    await sql("DELETE FROM stg.exportacao WHERE co_ncm = '02013000'");
    t.is(await sql("SELECT count(*) FROM stg.exportacao"), "12");

    const [choose, restore, look, stop, swap, start, , cleanUp] = blocks("Restore by hand");
    const pasted = [choose, restore, look, stop, swap, start].map((block) =>
      block!.replace("<name of a verified copy>", copy!),
    );
    const { code, stdout, stderr } = await shell(`set -euo pipefail\n${pasted.join("\n")}`);
    t.is(code, 0, stdout + stderr);
    t.regex(stdout, /done: every table of bgc_restored has the row count of the dump/);
    t.is(await sql("SELECT count(*) FROM stg.exportacao"), "16");
    t.is(
      await sql("SELECT count(*) FROM stg.exportacao", "bgc_before_restore"),
      "12",
      "the database from before the restore is kept",
    );
    t.is(await sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'bgc'"), "bgc");
    t.is(await kubectl("get", "cronjob", "postgres-backup", "-n", "data", "-o", "jsonpath={.spec.suspend}"), "false");

    const cleaned = await shell(`set -euo pipefail\n${cleanUp}`);
    t.is(cleaned.code, 0, cleaned.stderr);
    t.is(await sql("SELECT count(*) FROM pg_database WHERE datname = 'bgc_before_restore'"), "0");
  },
);
