import test from "ava";
import { type Ask, eventually, kubectl, sql, withService } from "../../support/cluster.ts";

const namespace = "platform";
const service = <T>(use: (ask: Ask) => Promise<T>) => withService(namespace, "platform-service", 8080, use);
const key = `drill-${Date.now()}`;
const put = (value: string): RequestInit => ({
  method: "PUT",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ value }),
});

test.serial("health says healthy, and the metrics have the runbook's names (P01)", async (t) => {
  await service(async (ask) => {
    t.is((await ask("/health")).body["status"], "healthy");
    const { text } = (await ask("/metrics")).body;
    for (const name of [
      "http_requests_total",
      "http_request_errors_total",
      "http_request_duration_seconds_bucket",
      "active_connections",
    ])
      t.regex(String(text), new RegExp(`^(# TYPE ${name.replace("_bucket", "")} |${name})`, "m"), name);
  });
});

test.serial(
  "a change is served by the cache afterwards, and stands in the audit log and its export (P07)",
  async (t) => {
    await service(async (ask) => {
      t.is((await ask(`/v1/settings/${key}`, put("=1+1"))).status, 201);
      t.is((await ask(`/v1/settings/${key}`)).headers.get("x-cache"), "MISS");
      const second = await ask(`/v1/settings/${key}`);
      t.is(second.headers.get("x-cache"), "HIT");
      t.is(second.body["value"], "=1+1");
      const { text } = (await ask(`/audit/export?format=csv&startDate=${new Date().toISOString().slice(0, 10)}`)).body;
      t.true(
        String(text)
          .split("\r\n")
          .some((line) => line.includes(key)),
        String(text).slice(0, 500),
      );
      t.is((await ask("/audit/export?format=pdf&startDate=yesterday")).status, 400);
    });
  },
);

test.serial("nobody changes or deletes evidence, not even the owner of the table (P07)", async (t) => {
  await t.throwsAsync(sql("SET ROLE platform; DELETE FROM audit_events", "platform_db", namespace), {
    message: /audit/,
  });
  await t.throwsAsync(sql("SET ROLE platform; UPDATE audit_events SET action = 'nothing'", "platform_db", namespace), {
    message: /audit/,
  });
});

test.serial("the retention job and the maintenance of the tables end well (P06, P07)", async (t) => {
  for (const cronJob of ["audit-retention", "postgres-maintenance"]) {
    const job = `${cronJob}-${Date.now().toString(36)}`;
    await kubectl("create", "job", job, "-n", namespace, `--from=cronjob/${cronJob}`);
    const outcome = await eventually(
      `the end of job ${job}`,
      180,
      () => kubectl("get", "job", job, "-n", namespace, "-o", "jsonpath={.status.conditions[*].type}"),
      (types) => /Complete|Failed/.test(types),
    );
    t.true(outcome.includes("Complete"), await kubectl("logs", "-n", namespace, `job/${job}`, "--ignore-errors"));
    await kubectl("delete", "job", job, "-n", namespace);
  }
});

test.serial("log files past their time go, and younger ones stay (P08)", async (t) => {
  const pod = (await kubectl("get", "pods", "-n", namespace, "-l", "app=platform-service", "-o", "name")).split(
    "\n",
  )[0]!;
  const inService = (script: string) =>
    kubectl("exec", "-n", namespace, pod, "-c", "platform-service", "--", "bash", "-ec", script);
  await inService("touch -d '9 days ago' /app/logs/old.log; touch -d '6 days ago' /app/logs/young.log");
  const cleaner = JSON.parse(
    await kubectl(
      "get",
      pod,
      "-n",
      namespace,
      "-o",
      "jsonpath={.spec.initContainers[?(@.name=='log-cleaner')].command}",
    ),
  ) as string[];
  // What the cleaner does once an hour, now.
  const once = /find [^;]+-delete/.exec(cleaner[2]!)![0];
  await kubectl("exec", "-n", namespace, pod, "-c", "log-cleaner", "--", "bash", "-ec", once);
  t.regex(await inService("ls /app/logs"), /young\.log/);
  t.notRegex(await inService("ls /app/logs"), /old\.log/);
});
