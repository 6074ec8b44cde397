import { randomInt } from "node:crypto";
import test from "ava";
import { kubectl, request, sql, withManifest } from "../../support/cluster.ts";

/** A user whom nobody knows yet: without an authenticating proxy users are counted by their addresses. */
const newUser = () => `2001:db8::${randomInt(0x10000).toString(16)}:${randomInt(0x10000).toString(16)}`;
const simulate = (user: string, body: object) =>
  request("bgc-api", 8080, "/v1/simulator/destinations", {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": user },
    body: JSON.stringify(body),
  });
const sugar = { ncm: "17011400", volume_kg: 1000, max_results: 10 };

test.serial("the simulator ranks the countries that Postgres holds for a product (B19)", async (t) => {
  const { status, body } = await simulate(newUser(), sugar);
  t.is(status, 200);
  const known = (
    await sql(
      "SELECT DISTINCT c.code FROM stg.exportacao e JOIN countries_metadata c ON c.code = e.co_pais WHERE e.co_ncm = '17011400' ORDER BY 1",
    )
  ).split("\n");
  const destinations = body["destinations"] as { rank: number; country_code: string; score: number }[];
  t.deepEqual(destinations.map(({ country_code }) => country_code).sort(), known);
  t.deepEqual(
    destinations.map(({ rank }) => rank),
    known.map((_, index) => index + 1),
  );
  t.deepEqual(
    destinations.map(({ score }) => score),
    destinations.map(({ score }) => score).sort((a, b) => b - a),
  );
});

test.serial("an answer changes when the rows in Postgres do", async (t) => {
  const meat = { ncm: "02013000", volume_kg: 500 + Math.floor(Math.random() * 1e6), max_results: 5 };
  const before = await simulate(newUser(), meat);
  await sql("UPDATE stg.exportacao SET vl_fob = vl_fob * 10 WHERE co_ncm = '02013000'");
  try {
    const after = await simulate(newUser(), { ...meat, volume_kg: meat.volume_kg + 1 });
    t.true(after.body["destinations"][0].exports_usd >= 9 * before.body["destinations"][0].exports_usd);
  } finally {
    await sql("UPDATE stg.exportacao SET vl_fob = vl_fob / 10 WHERE co_ncm = '02013000'");
  }
});

test.serial("the sixth request of a day is refused with the time of the reset (B01)", async (t) => {
  const user = newUser();
  for (let request = 1; request <= 5; request += 1) {
    const { status, headers } = await simulate(user, sugar);
    t.is(status, 200);
    t.is(headers.get("x-ratelimit-remaining"), String(5 - request));
  }
  const refused = await simulate(user, sugar);
  t.is(refused.status, 429);
  const midnight = Math.floor(Date.now() / 86_400_000 + 1) * 86_400;
  t.is(refused.headers.get("x-ratelimit-reset"), String(midnight));
  t.true(Number(refused.headers.get("retry-after")) <= 86_400);
  t.is((await simulate(newUser(), sugar)).status, 200, "another user is not affected");
});

test.serial("a repeated request is a cache hit, and Redis counts it", async (t) => {
  const fresh = { ncm: "26011200", volume_kg: 1 + Math.floor(Math.random() * 1e9), max_results: 3 };
  const hits = async () =>
    Number(
      /keyspace_hits:(\d+)/.exec(
        await kubectl("exec", "-n", "data", "deploy/redis", "--", "redis-cli", "INFO", "stats"),
      )![1],
    );
  const first = await simulate(newUser(), fresh);
  t.is(first.headers.get("x-cache"), "MISS");
  const before = await hits();
  const second = await simulate(newUser(), fresh);
  t.is(second.headers.get("x-cache"), "HIT");
  t.deepEqual(second.body["destinations"], first.body["destinations"]);
  t.true((await hits()) > before);
});

test.serial("a wrong request names every problem and costs nothing", async (t) => {
  const user = newUser();
  const { status, body } = await simulate(user, { ncm: "170114", volume_kg: -1 });
  t.is(status, 400);
  const text = JSON.stringify(body);
  t.regex(text, /ncm/);
  t.regex(text, /volume_kg/);
  t.is((await simulate(user, sugar)).headers.get("x-ratelimit-remaining"), "4");
});

test.serial("the health answer says that this is the contract server", async (t) => {
  const { status, body } = await request("bgc-api", 8080, "/healthz");
  t.is(status, 200);
  t.is(body["implementation"], "contract-server");
});

test.serial("the integration gateway has three connectors and its Redis (B07)", async (t) => {
  const { status, body } = await request("integration-gateway", 8081, "/health");
  t.is(status, 200);
  t.is(Object.keys(body["connectors"]).length, 3);
  t.regex(await kubectl("logs", "-n", "data", "-l", "app=integration-gateway", "--tail=-1"), /Redis connected/);
});

test.serial("migrations that are run again find themselves recorded and change nothing (B09)", async (t) => {
  const recorded = () => sql("SELECT version, checksum, applied_at FROM public.schema_migrations ORDER BY 1");
  const before = await recorded();
  t.deepEqual(
    before.split("\n").map((line) => line.split("|")[0]),
    ["0001", "0002", "0003"],
  );
  const { items } = JSON.parse(
    await kubectl("get", "jobs", "-n", "data", "-l", "app=bgc-migrations", "-o", "json"),
  ) as {
    items: { metadata: { labels: object }; spec: { template: { metadata: { labels: object }; spec: object } } }[];
  };
  const name = `bgc-migrations-again-${Date.now().toString(36)}`;
  const { template } = items[0]!.spec;
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "data" },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 300,
      template: { metadata: { labels: { app: "bgc-migrations" } }, spec: template.spec },
    },
  };
  const { code, stderr } = await withManifest(job, "create");
  t.is(code, 0, stderr);
  await kubectl("wait", `job/${name}`, "-n", "data", "--for=condition=complete", "--timeout=180s");
  t.regex(await kubectl("logs", "-n", "data", `job/${name}`), /done: 0 applied now, 3 in all, newest 0003/);
  await kubectl("delete", "job", name, "-n", "data");
  t.is(await recorded(), before);
});
