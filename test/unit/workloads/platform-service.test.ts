import { readdirSync, readFileSync } from "node:fs";
import test from "ava";
import { EnvironmentError, readEnvironment } from "../../../workloads/server/environment.ts";
import { buildApp } from "../../../workloads/server/http/app.ts";
import { minimumRetentionDays } from "../../../workloads/server/platform/audit-retention.ts";
import { readOnly } from "../../../workloads/server/platform/maintenance.ts";
import type { Check } from "../../../workloads/server/http/health.ts";
import { platformService } from "../../../workloads/server/roles/platform-service.ts";
import { programs } from "../../../workloads/server/systems/platform-service.ts";
import type { Route } from "../../../workloads/server/role.ts";
import { testApp, testRuntime } from "./support/server.ts";

const passwordFile = new URL("../../../package.json", import.meta.url).pathname;
const postgres = { PGHOST: "postgres", PGDATABASE: "platform_db", PGUSER: "platform", PGPASSWORD_FILE: passwordFile };
const service = { ROLE: "platform-service", ...postgres, REDIS_HOST: "redis" };

test("the service and its task exist in the release of the runbook", (t) => {
  t.deepEqual(
    programs.map(({ name, version }) => [name, version]),
    [
      ["platform-service", "v1.1.0"],
      ["platform-audit-retention", "v1.1.0"],
    ],
  );
});

test("the platform service's defaults are the documented ones", (t) => {
  t.like(readEnvironment(service, programs).values, {
    CACHE_TTL_SECONDS: 60,
    MAINTENANCE_MODE: false,
    AUDIT_RETENTION_DAYS: 365,
    TRUSTED_PROXY: false,
    TRUSTED_IDENTITY: false,
    LOG_DIR: undefined,
    LOG_FILE_MAX_BYTES: 10_485_760,
    LOG_FILES_KEPT: 5,
  });
  t.like(readEnvironment({ ROLE: "platform-audit-retention", ...postgres, ARCHIVE_DIR: "/archive" }, programs).values, {
    AUDIT_RETENTION_DAYS: 365,
    ARCHIVE_DIR: "/archive",
  });
});

test("folders are absolute and never the root", (t) => {
  for (const path of ["logs", "/", "//", "/app/..", "", "/a b"]) {
    const { problems } = t.throws(() => readEnvironment({ ...service, LOG_DIR: path }, programs), {
      instanceOf: EnvironmentError,
    });
    t.deepEqual(
      problems,
      [`LOG_DIR=${JSON.stringify(path)}: expected an absolute path of a folder that is not the root`],
      path,
    );
  }
});

/** The service's public health with one check. */
async function health(check: Pick<Check, "need" | "run">) {
  const app = buildApp(
    platformService,
    {
      routes: [],
      checks: [{ name: "postgres", ...check }],
      about: () => ({ maintenance: true }),
      close: async () => {},
    },
    { ...testRuntime(), stopping: () => false },
  );
  const answer = async (path: string) => {
    const response = await app.request(path);
    return [response.status, ((await response.json()) as { status: string }).status];
  };
  return {
    health: await answer("/health"),
    ready: await answer("/readyz"),
    body: await (await app.request("/health")).json(),
  };
}

test("health says healthy when all is well, also during maintenance, and readiness keeps the common word", async (t) => {
  const well = await health({ need: "required", run: async () => "connected" });
  t.deepEqual(
    [well.health, well.ready],
    [
      [200, "healthy"],
      [200, "ok"],
    ],
  );
  t.like(well.body, {
    service: "platform-service",
    implementation: "contract-server",
    version: "v1.1.0",
    maintenance: true,
  });
});

test("health never says healthy when something is away", async (t) => {
  t.deepEqual((await health({ need: "required", run: () => Promise.reject(new Error("away")) })).health, [
    503,
    "unavailable",
  ]);
  t.deepEqual((await health({ need: "optional", run: () => Promise.reject(new Error("away")) })).health, [
    200,
    "degraded",
  ]);
});

test("during maintenance what is read is answered, and what would change is a 503 that says when to come back", async (t) => {
  const methods = ["GET", "POST", "PUT", "DELETE"] as const;
  const { send } = testApp({
    routes: readOnly(
      methods.map((method): Route => ({ method, path: "/x", handle: (context) => context.json({ method }) })),
    ),
  });
  t.deepEqual(await (await send("GET", "/x")).json(), { method: "GET" });
  for (const method of methods.slice(1)) {
    const response = await send(method, "/x");
    t.is(response.status, 503, method);
    t.is(response.headers.get("retry-after"), "300");
    t.like(await response.json(), { error: "maintenance" });
  }
});

const folder = new URL("../../../workloads/platform-service/migrations/", import.meta.url);
const migrations = readdirSync(folder).sort();
const sql = migrations.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");

test("migrations are numbered without a gap and end no transaction themselves", (t) => {
  t.deepEqual(migrations, ["0001_settings.sql", "0002_audit_events.sql"]);
  t.notRegex(sql, /^\s*(commit|rollback)\b/im);
});

test("migrations need no superuser", (t) => {
  t.notRegex(sql, /CREATE EXTENSION|ALTER SYSTEM|CREATE ROLE|SECURITY DEFINER|session_replication_role/i);
});

test("the table refuses early deletions by the same minimum as the service", (t) => {
  t.is(/OLD\.occurred_at > now\(\) - interval '(\d+) days'/.exec(sql)?.[1], String(minimumRetentionDays));
  for (const trigger of ["BEFORE UPDATE OR DELETE ON audit_events", "BEFORE TRUNCATE ON audit_events"])
    t.true(sql.includes(trigger), trigger);
});
