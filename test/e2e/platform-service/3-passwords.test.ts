import test from "ava";
import { eventually, kubectl, sql, withManifest } from "../../support/cluster.ts";
import type { DrillJob } from "../../support/cron-job.ts";

const namespace = "platform";
const reload = "SELECT pg_reload_conf()";

test.before(async () => {
  await sql("ALTER SYSTEM SET log_min_duration_statement = 0", "platform_db", namespace);
  await sql("ALTER SYSTEM SET log_statement = 'all'", "platform_db", namespace);
  await sql(reload, "platform_db", namespace);
});
test.after.always(async () => {
  for (const name of ["log_min_duration_statement", "log_statement"])
    await sql(`ALTER SYSTEM RESET ${name}`, "platform_db", namespace);
  await sql(reload, "platform_db", namespace);
});

test.serial(
  "a provisioning that logs every statement leaves no password in the server's log, in its statistics or in the job's own log (B20)",
  async (t) => {
    const [found] = (await kubectl("get", "jobs", "-n", namespace, "-o", "name"))
      .split("\n")
      .filter((each) => each.includes("/postgres-provision-"));
    const made = JSON.parse(await kubectl("get", found!, "-n", namespace, "-o", "json")) as DrillJob & {
      spec: { selector?: unknown; template: { metadata: { labels: Record<string, string> } } };
    };
    const job = `drill-provision-${Date.now().toString(36)}`;
    // What ties the pods to the first Job.
    delete made.spec.selector;
    const { metadata } = made.spec.template;
    metadata.labels = Object.fromEntries(
      Object.entries(metadata.labels).filter(([name]) => !/controller-uid|job-name/.test(name)),
    );
    const { code, stderr } = await withManifest(
      { apiVersion: "batch/v1", kind: "Job", metadata: { name: job, namespace }, spec: made.spec },
      "create",
    );
    t.is(code, 0, stderr);
    t.teardown(() => kubectl("delete", "job", job, "-n", namespace));
    const outcome = await eventually(
      `the end of job ${job}`,
      180,
      () => kubectl("get", "job", job, "-n", namespace, "-o", "jsonpath={.status.conditions[*].type}"),
      (types) => /Complete|Failed/.test(types),
    );
    const said = await kubectl("logs", "-n", namespace, `job/${job}`);
    t.true(outcome.includes("Complete"), said);

    const passwords = await Promise.all(
      ["platform-secrets", "postgres-backup", "postgres-superuser"].map(async (secret) =>
        Buffer.from(
          await kubectl("get", "secret", secret, "-n", namespace, "-o", "jsonpath={.data.password}"),
          "base64",
        ).toString(),
      ),
    );
    t.true(passwords.every((password) => password.length >= 16));
    const log = await kubectl("logs", "-n", namespace, "postgres-0", "-c", "postgres", "--since=10m");
    t.regex(log, /statement: SELECT/, "the server did log statements");
    const statistics = await sql("SELECT query FROM pg_stat_statements", "platform_db", namespace);
    for (const [place, text] of Object.entries({ log, statistics, said }))
      t.deepEqual(
        passwords.filter((password) => text.includes(password)),
        [],
        place,
      );
  },
);
