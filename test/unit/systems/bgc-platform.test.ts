import test from "ava";
import { flowTables } from "../../support/flow-tables.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { allContainers, find, podSpec, stackObjects } from "../../support/objects.ts";

const objects = (await stackObjects("dev")).filter(
  ({ kind, metadata }) => metadata.namespace === "data" || (kind === "Namespace" && metadata.name === "data"),
);
const spec = <T>(object: Manifest) => object["spec"] as T;
const container = (kind: string, name: string) => allContainers(podSpec(find(objects, kind, name))).at(-1)!;
const service = (name: string) => spec<{ ports: { port: number }[]; selector: object }>(find(objects, "Service", name));

test("everything but the namespace itself lives in namespace data", (t) => {
  t.deepEqual(
    objects.filter(({ metadata }) => metadata.namespace !== "data").map(({ kind, metadata }) => [kind, metadata.name]),
    [["Namespace", "data"]],
  );
});

test("Postgres is a StatefulSet labelled app=postgres behind pg-postgresql:5432 with a limit of 2Gi (B03, B05)", (t) => {
  const postgres = find(objects, "StatefulSet", "postgres");
  t.deepEqual(postgres.metadata.labels, { app: "postgres", "production-platform/data-store": "postgres" });
  t.deepEqual(service("pg-postgresql"), {
    type: "ClusterIP",
    selector: { app: "postgres" },
    ports: [{ name: "postgres", port: 5432, targetPort: "postgres", protocol: "TCP" }],
  } as never);
  t.is(container("StatefulSet", "postgres").resources.limits?.["memory"], "2Gi");
  t.throws(() => find(objects, "Deployment", "postgres"), {
    message: /0 objects of kind Deployment are named postgres/,
  });
});

test("Postgres's liveness probe has the numbers that ended its restarts, and tolerates a recovery (B04, B05)", (t) => {
  const { livenessProbe, startupProbe } = container("StatefulSet", "postgres");
  t.deepEqual(livenessProbe, {
    exec: { command: ["sh", "-c", "pg_isready --quiet --host=127.0.0.1 --timeout=4; test $? -le 1"] },
    initialDelaySeconds: 60,
    periodSeconds: 30,
    timeoutSeconds: 10,
    failureThreshold: 5,
    successThreshold: 1,
  });
  t.is(startupProbe.periodSeconds * startupProbe.failureThreshold, 1800);
});

test("Redis is a cache of 512mb with allkeys-lru and half as much again as its limit (B06)", (t) => {
  const { args, resources } = container("Deployment", "redis");
  t.deepEqual(args, [
    "redis-server",
    "/credentials/redis/auth.conf",
    "--maxmemory",
    "512mb",
    "--maxmemory-policy",
    "allkeys-lru",
    "--save",
    "",
    "--appendonly",
    "no",
  ]);
  t.is(resources.limits?.["memory"], "768Mi");
  t.is(find(objects, "Deployment", "redis").metadata.labels?.["app"], "redis");
  t.is(service("redis").ports[0]?.port, 6379);
});

test("the integration gateway runs twice on port 8081 and the API once, with five free requests a day (B01, B07)", (t) => {
  t.is(spec<{ replicas: number }>(find(objects, "Deployment", "integration-gateway")).replicas, 2);
  t.is(service("integration-gateway").ports[0]?.port, 8081);
  t.is(spec<{ replicas: number }>(find(objects, "Deployment", "bgc-api")).replicas, 1);
  t.deepEqual(
    container("Deployment", "bgc-api").env.find(({ name }) => name === "FREE_TIER_REQUESTS_PER_DAY"),
    { name: "FREE_TIER_REQUESTS_PER_DAY", value: "5" } as never,
  );
});

test("the containers are named as kubectl set image expects (B15)", (t) => {
  for (const name of ["bgc-api", "integration-gateway", "bgc-web", "redis"])
    t.is(container("Deployment", name).name, name);
});

test("the API and the web front have their hosts (B01, B02)", (t) => {
  const host = (name: string) =>
    spec<{ rules: { host: string }[] }>(find(objects, "Ingress", name)).rules.map(({ host }) => host);
  t.deepEqual(host("bgc-api"), ["api.bgc.localhost"]);
  t.deepEqual(host("bgc-web"), ["web.bgc.localhost"]);
});

test("the backup runs daily at two, dumps, verifies and only then prunes (B10, B11)", (t) => {
  const backup = find(objects, "CronJob", "postgres-backup");
  const { schedule, timeZone, concurrencyPolicy } = spec<{
    schedule: string;
    timeZone: string;
    concurrencyPolicy: string;
  }>(backup);
  t.deepEqual(
    { schedule, timeZone, concurrencyPolicy },
    { schedule: "0 2 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
  );
  t.deepEqual(
    allContainers(podSpec(backup)).map(({ name }) => name),
    ["dump", "verify", "prune"],
  );
  t.is(backup.metadata.labels?.["production-platform/backup-of"], "postgres");
});

test("migrations and countries are jobs that the owner of the database runs, not the superuser (B08, B09)", (t) => {
  for (const name of [/^bgc-migrations-[0-9a-f]{8}$/, /^populate-countries$/]) {
    const env = allContainers(podSpec(find(objects, "Job", name)))[0]!.env;
    t.deepEqual(
      env.find((variable) => variable.name === "PGUSER"),
      { name: "PGUSER", value: "bgc" } as never,
    );
  }
});

test("no container carries a credential as a plain value (X06)", (t) => {
  const pods = objects
    .filter(({ kind }) => ["Deployment", "StatefulSet", "Job", "CronJob"].includes(kind))
    .map(podSpec);
  const plain = pods
    .flatMap(allContainers)
    .flatMap(({ env }) => env ?? [])
    .filter(
      ({ name, value }) => /PASSWORD|SECRET|TOKEN|AUTH/.test(name) && !name.endsWith("_FILE") && value !== undefined,
    );
  t.deepEqual(plain, []);
});

test("every workload that talks is in the flow table, and only those (X05)", async (t) => {
  const policies = objects
    .filter(({ kind }) => kind === "NetworkPolicy")
    .map(({ metadata }) => metadata.name)
    .sort();
  const apps = new Set(
    (await flowTables("dev"))
      ["data"]!.flows.flatMap(({ from, to }) => [from, to])
      .flatMap((end) => ("app" in end ? [end.app] : [])),
  );
  t.deepEqual(policies, [...apps, "default-deny"].sort());
  const labels = objects
    .filter(({ kind }) => ["Deployment", "StatefulSet", "Job", "CronJob"].includes(kind))
    .map(({ metadata }) => metadata.labels?.["app"]);
  t.deepEqual([...new Set(labels)].sort(), [...apps].sort());
});

test("the dev stack asks for no more than two cores and 4 GiB, one backup and the jobs included", (t) => {
  let [milli, mebi] = [0, 0];
  for (const object of objects.filter(({ kind }) => ["Deployment", "StatefulSet", "Job", "CronJob"].includes(kind))) {
    const { replicas = 1 } = spec<{ replicas?: number }>(object);
    for (const { resources } of podSpec(object).containers) {
      const { cpu = "", memory = "" } = resources.requests ?? {};
      milli += replicas * (cpu.endsWith("m") ? Number.parseInt(cpu, 10) : Number(cpu) * 1000);
      mebi += replicas * Number.parseInt(memory, 10) * (memory.endsWith("Gi") ? 1024 : 1);
    }
  }
  t.true(milli <= 2000 && milli > 0, `${milli}m`);
  t.true(mebi <= 4096 && mebi > 0, `${mebi}Mi`);
});
