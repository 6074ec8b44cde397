import test from "ava";
import { EnvironmentError, readEnvironment } from "../../../workloads/server/environment.ts";
import { programs } from "../../../workloads/server/systems/bgc-platform.ts";

/** A file that is always there and never empty. */
const passwordFile = new URL(import.meta.url).pathname;
const database = { PGHOST: "pg-postgresql", PGDATABASE: "bgc", PGUSER: "bgc", PGPASSWORD_FILE: passwordFile };
const api = { ROLE: "bgc-api", ...database, REDIS_HOST: "redis" };

const problemsOf = (
  t: { throws: (f: () => unknown, e: { instanceOf: typeof EnvironmentError }) => EnvironmentError },
  source: NodeJS.ProcessEnv,
) => t.throws(() => readEnvironment(source, programs), { instanceOf: EnvironmentError }).problems;

test("the three roles of the trade-data platform exist", (t) => {
  t.deepEqual(
    programs.map((program) => [program.name, "healthPath" in program && program.healthPath]),
    [
      ["bgc-api", "/healthz"],
      ["integration-gateway", "/health"],
      ["bgc-web", "/healthz"],
    ],
  );
});

test("the API's defaults are the documented ones", (t) => {
  t.like(readEnvironment(api, programs).values, {
    PORT: 8080,
    LOG_LEVEL: "info",
    SHUTDOWN_GRACE_SECONDS: 20,
    PGPORT: 5432,
    PG_POOL_MAX: 10,
    PG_CONNECT_TIMEOUT_MS: 3000,
    PG_STATEMENT_TIMEOUT_MS: 5000,
    REDIS_PORT: 6379,
    FREE_TIER_REQUESTS_PER_DAY: 5,
    CACHE_TTL_SECONDS: 3600,
    TRUSTED_PROXY: false,
    TRUSTED_IDENTITY: false,
    INTEGRATION_GATEWAY_URL: "http://integration-gateway:8081",
  });
});

test("given values replace the defaults, and an address loses its last slash", (t) => {
  const { values } = readEnvironment(
    {
      ...api,
      PORT: "9000",
      TRUSTED_PROXY: "true",
      TRUSTED_IDENTITY: "true",
      FREE_TIER_REQUESTS_PER_DAY: "7",
      INTEGRATION_GATEWAY_URL: "http://gateway:8081/",
    },
    programs,
  );
  t.like(values, {
    PORT: 9000,
    TRUSTED_PROXY: true,
    TRUSTED_IDENTITY: true,
    FREE_TIER_REQUESTS_PER_DAY: 7,
    INTEGRATION_GATEWAY_URL: "http://gateway:8081",
  });
});

test("an unknown role is refused with the known ones, beside the other faults", (t) => {
  t.deepEqual(problemsOf(t, { ROLE: "bgc", PORT: "0" }), [
    'PORT="0": expected a whole number from 1 to 65535',
    'ROLE="bgc": expected one of bgc-api, integration-gateway, bgc-web',
  ]);
});

test("every fault of an environment is listed at once", (t) => {
  t.deepEqual(
    problemsOf(t, {
      ...api,
      PGHOST: undefined,
      PGPORT: "tcp://10.0.0.1:5432",
      PGPASSWORD_FILE: "/nowhere",
      REDIS_HOST: "",
      CACHE_TTL_SECONDS: "1.5",
      TRUSTED_PROXY: "yes",
      LOG_LEVEL: "loud",
    }),
    [
      'LOG_LEVEL="loud": expected debug, info, warn or error',
      "PGHOST is not set: expected the database server's name",
      'PGPORT="tcp://10.0.0.1:5432": expected a whole number from 1 to 65535',
      'PGPASSWORD_FILE="/nowhere": expected the path of a readable file that is not empty',
      'REDIS_HOST="": expected the Redis server\'s name',
      'CACHE_TTL_SECONDS="1.5": expected a whole number from 1 to 604800',
      'TRUSTED_PROXY="yes": expected "true" or "false"',
    ],
  );
});

test("credentials in an address are refused and not repeated", (t) => {
  t.deepEqual(problemsOf(t, { ...api, INTEGRATION_GATEWAY_URL: "http://user:secret@gateway" }), [
    'INTEGRATION_GATEWAY_URL="http://***@gateway": expected an http or https address without credentials',
  ]);
});

test("the web front needs the API's address and no database", (t) => {
  t.deepEqual(problemsOf(t, { ROLE: "bgc-web" }), [
    "API_URL is not set: expected an http or https address without credentials",
  ]);
  t.like(readEnvironment({ ROLE: "bgc-web", API_URL: "http://bgc-api:8080" }, programs).values, {
    API_URL: "http://bgc-api:8080",
    API_TIMEOUT_MS: 10000,
  });
});

test("the gateway starts with a credential file that is not there", (t) => {
  const { values } = readEnvironment(
    { ...api, ROLE: "integration-gateway", COMEXSTAT_CREDENTIALS_FILE: "/nowhere" },
    programs,
  );
  t.is(values["COMEXSTAT_CREDENTIALS_FILE"], "/nowhere");
});
