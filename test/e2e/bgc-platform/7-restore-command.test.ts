import { spawn } from "node:child_process";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { eventually, kubectl, sql } from "../../support/cluster.ts";
import { startClient } from "../../support/cron-job.ts";
import { actsWell, runbook } from "../../support/live-runbook.ts";

const restore = ["restore", "bgc-platform", "postgres"];
const rows = (database = "bgc") => sql("SELECT count(*) FROM stg.exportacao", database);
const databases = (like: string) =>
  sql(
    `SELECT coalesce(string_agg(datname, ' ' ORDER BY datname), '') FROM pg_database WHERE datname ~ '^bgc_${like}_'`,
  );
/** The Deployments that have a Ready pod; their numbers are an autoscaler's. */
const serving = async () =>
  (
    await kubectl(
      "get",
      "deployments",
      "-n",
      "data",
      "-o",
      'jsonpath={range .items[?(@.status.readyReplicas)]}{.metadata.name}{"\\n"}{end}',
    )
  ).split("\n");

test.serial("the newest copy restores twice in a scratch server, with every table equal (B12, X07)", async (t) => {
  await actsWell(t, "data", "drill", "bgc-platform", "postgres", "--times", "2");
});

test.serial("a restore is refused while a session works in the database that nothing would stop (B12)", async (t) => {
  const client = await startClient(
    "data",
    "postgres-backup",
    "dump",
    '. /scripts/connection.sh; connect; wait_for_server; echo connected; sql --command "SELECT pg_sleep(600)"',
  );
  try {
    await eventually(
      "the session",
      120,
      () => client.printed(),
      (text) => text.includes("connected"),
    );
    const seen = await eventually(
      "the refusal",
      60,
      () => runbook(...restore, "--yes"),
      ({ stderr }) => stderr.includes("somebody works in bgc"),
    );
    t.is(seen.code, 3, seen.stdout + seen.stderr);
    t.regex(
      seen.stderr,
      /^ {2}somebody works in bgc who would go on in the old one, and whom this command does not stop: backup \(\S+\) from [\d.]+$/m,
    );
    t.is(await databases("restored"), "");
  } finally {
    await client.remove();
    await eventually(
      "the end of the session",
      60,
      // A server that sleeps for a client looks for it no more than once in a while.
      () =>
        sql(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'bgc' AND usename = 'backup'",
        ),
      (count) => count === "0",
    );
  }
});

test.serial(
  "a restore that is killed while pods end leaves the old database serving, and the next one puts everything back (B12)",
  async (t) => {
    const [before, there] = [await serving(), await rows()];
    const child = spawn(process.execPath, ["scripts/runbook.ts", ...restore, "--yes"], { cwd: checkout });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes(" stop Deployment bgc-web")) child.kill("SIGKILL");
    });
    child.stderr.resume();
    t.is(await new Promise((resolve) => child.on("close", (_, signal) => resolve(signal))), "SIGKILL", said);
    t.is(await rows(), there);
    t.regex(await databases("restored"), /^bgc_restored_\d{8}t\d{6}$/);
    // A lease that nobody renews is free after a minute.
    const next = await eventually(
      "the next run",
      180,
      () => runbook(...restore, "--yes"),
      ({ stderr }) => !stderr.includes("another run works on bgc-platform"),
    );
    t.is(next.code, 0, next.stdout + next.stderr);
    t.regex(
      next.stdout,
      /^an earlier run was cut short: .*; its command was: npx runbook restore bgc-platform postgres\. /m,
    );
    t.deepEqual([await serving(), await rows(), await databases("restored")], [before, there, ""]);
    for (const name of (await databases("before")).split(" ")) await sql(`DROP DATABASE "${name}"`, "postgres");
  },
);
