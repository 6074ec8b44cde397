import test from "ava";
import { systemOf } from "./support/system.ts";

const dev = await systemOf("dev", "platform-service");
const prod = await systemOf("prod", "platform-service");
const both = Object.entries({ dev, prod });
const name = "platform-service";

test("Postgres holds platform_db and loads pg_stat_statements, which is made as an extension too (P04)", (t) => {
  for (const [stack, { container, env, spec }] of both) {
    const { args } = container("StatefulSet", "postgres");
    t.is(args[args.indexOf("shared_preload_libraries=pg_stat_statements") - 1], "-c", stack);
    const { APP_DATABASE, APP_USER, EXTENSIONS } = env("Job", /^postgres-provision-/);
    t.deepEqual(
      { APP_DATABASE, APP_USER, EXTENSIONS },
      { APP_DATABASE: "platform_db", APP_USER: "platform", EXTENSIONS: "pg_stat_statements" },
      stack,
    );
    const { PGHOST, PGPORT, PGDATABASE, PGUSER } = env("Deployment", name);
    t.deepEqual(
      { PGHOST, PGPORT, PGDATABASE, PGUSER },
      { PGHOST: "postgres", PGPORT: "5432", PGDATABASE: "platform_db", PGUSER: "platform" },
      stack,
    );
    t.deepEqual(spec("Service", "postgres").selector, { app: "postgres" }, stack);
  }
});

test("Postgres is a StatefulSet that a crash recovery of half an hour does not kill (P13, B05)", (t) => {
  for (const [stack, { container, names }] of both) {
    const { startupProbe, livenessProbe } = container("StatefulSet", "postgres");
    t.is(startupProbe.periodSeconds * startupProbe.failureThreshold, 1800, stack);
    t.deepEqual(
      [
        livenessProbe.timeoutSeconds,
        livenessProbe.initialDelaySeconds,
        livenessProbe.periodSeconds,
        livenessProbe.failureThreshold,
      ],
      [10, 60, 30, 5],
      stack,
    );
    t.false(names.includes("Deployment/postgres"), stack);
  }
});

test("Redis is a cache behind redis:6379 (P04)", (t) => {
  for (const [stack, maxMemory, limit] of [
    ["dev", "128mb", "192Mi"],
    ["prod", "512mb", "768Mi"],
  ] as const) {
    const { container, spec, env, get } = { dev, prod }[stack];
    t.deepEqual(
      container("Deployment", "redis").args,
      [
        "redis-server",
        "/credentials/redis/auth.conf",
        "--maxmemory",
        maxMemory,
        "--maxmemory-policy",
        "allkeys-lru",
        "--save",
        "",
        "--appendonly",
        "no",
      ],
      stack,
    );
    t.is(container("Deployment", "redis").resources.limits["memory"], limit, stack);
    t.is(get("Deployment", "redis").metadata.labels?.["production-platform/data-store"], "redis-cache", stack);
    t.is(spec("Service", "redis").ports[0]?.port, 6379, stack);
    t.is(env("Deployment", name)["REDIS_HOST"], "redis", stack);
  }
});

test("the backup runs daily at two, dumps, verifies and only then prunes (P06, B11)", (t) => {
  for (const [stack, containers, storage, keep] of [
    ["dev", ["dump", "verify", "prune"], "2Gi", ["7", "3"]],
    ["prod", ["dump", "verify", "prune", "upload"], "100Gi", ["30", "7"]],
  ] as const) {
    const system = { dev, prod }[stack];
    const { schedule, timeZone, concurrencyPolicy, suspend } = system.spec("CronJob", "postgres-backup");
    t.deepEqual(
      { schedule, timeZone, concurrencyPolicy, suspend },
      { schedule: "0 2 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid", suspend: false },
      stack,
    );
    t.deepEqual(system.containers("CronJob", "postgres-backup"), [...containers], stack);
    t.deepEqual(
      system.spec("CronJob", "postgres-backup").jobTemplate.spec.template.spec.containers.map((each) => each.name),
      containers.slice(-1),
      stack,
    );
    const { KEEP_DAYS, KEEP_AT_LEAST } = system.env("CronJob", "postgres-backup", "prune");
    t.deepEqual([KEEP_DAYS, KEEP_AT_LEAST], [...keep], stack);
    t.is(system.spec("PersistentVolumeClaim", "postgres-backup").resources.requests["storage"], storage, stack);
    t.is(system.env("CronJob", "postgres-backup", "dump")["PGDATABASE"], "platform_db", stack);
  }
});

test("VACUUM ANALYZE runs as the tables' owner on Sundays at four (P06)", (t) => {
  for (const [stack, { spec, container, env, config }] of both) {
    const { schedule, timeZone, concurrencyPolicy } = spec("CronJob", "postgres-maintenance");
    t.deepEqual(
      { schedule, timeZone, concurrencyPolicy },
      { schedule: "0 4 * * 0", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
      stack,
    );
    t.deepEqual(container("CronJob", "postgres-maintenance").command, ["bash", "/scripts/maintain.sh"], stack);
    t.is(env("CronJob", "postgres-maintenance")["PGUSER"], "platform", stack);
    t.regex(config(/^postgres-maintenance-/)["maintain.sh"]!, /"VACUUM \(ANALYZE\) \$table"/, stack);
  }
});

test("audit events past a year are archived by a nightly job with a volume of its own (P07)", (t) => {
  for (const [stack, { spec, env, containers }] of both) {
    const { schedule, timeZone, concurrencyPolicy, jobTemplate } = spec("CronJob", "audit-retention");
    t.deepEqual(
      { schedule, timeZone, concurrencyPolicy },
      { schedule: "30 3 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
      stack,
    );
    t.deepEqual(containers("CronJob", "audit-retention"), ["wait-for-database", "audit-retention"], stack);
    const { AUDIT_RETENTION_DAYS, ARCHIVE_DIR } = env("CronJob", "audit-retention");
    t.deepEqual({ AUDIT_RETENTION_DAYS, ARCHIVE_DIR }, { AUDIT_RETENTION_DAYS: "365", ARCHIVE_DIR: "/archive" }, stack);
    t.is(
      jobTemplate.spec.template.spec.volumes.find((each) => each.name === "archive")?.persistentVolumeClaim.claimName,
      "audit-archive",
      stack,
    );
    const { accessModes, resources } = spec("PersistentVolumeClaim", "audit-archive");
    t.deepEqual([accessModes, resources.requests["storage"]], [["ReadWriteOnce"], "5Gi"], stack);
  }
});

test("files older than 7 days leave a log volume of 256Mi, and the cleaner sees nothing but that volume (P07, P08)", (t) => {
  for (const [stack, { container, spec }] of both) {
    const cleaner = container("Deployment", name, "log-cleaner");
    t.is(cleaner.restartPolicy, "Always", stack);
    t.deepEqual(
      cleaner.command,
      [
        "bash",
        "-c",
        "trap 'exit 0' TERM; while :; do find /app/logs -type f -mtime +7 -print -delete; sleep 3600 & wait $!; done",
      ],
      stack,
    );
    t.deepEqual(cleaner.volumeMounts as unknown, [{ name: "app-logs", mountPath: "/app/logs" }], stack);
    t.deepEqual(
      spec("Deployment", name).template.spec.volumes.find((each) => each.name === "app-logs") as unknown,
      { name: "app-logs", emptyDir: { sizeLimit: "256Mi" } },
      stack,
    );
    t.true(
      container("Deployment", name).volumeMounts.some(({ mountPath }) => mountPath === "/app/logs"),
      stack,
    );
  }
});
