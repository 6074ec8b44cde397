import test from "ava";
import { type Ask, eventually, kubectl, withService } from "../../support/cluster.ts";

const namespace = "api-gateway";
const breakerKey = "api-gateway:circuit-breaker";

const redis = (...command: string[]) => kubectl("exec", "-n", namespace, "redis-0", "--", "redis-cli", ...command);

/** A hash as an operator reads it. */
async function hash(key: string): Promise<Record<string, string>> {
  const lines = (await redis("HGETALL", key)).split("\n");
  return Object.fromEntries(Array.from({ length: Math.floor(lines.length / 2) }, (_, index) => [lines[index * 2]!, lines[index * 2 + 1]!]));
}

const gateway = <T>(use: (ask: Ask) => Promise<T>) => withService(namespace, "proxy-service", 5000, use);
/** As a client of this name behind the trusted front. */
const as = (client: string): RequestInit => ({ headers: { "X-Client-Id": client, connection: "keep-alive" } });
const closed = () => redis("DEL", breakerKey);

test.before(closed);
test.after.always(closed);

interface Burst {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly refused: { readonly headers: Readonly<Record<string, string>>; readonly body: Record<string, unknown> };
}

/** Asks beside the proxy, because a port-forward on a busy machine is slower than the bucket fills again; until the first 429, or a minute. */
const burst = `
const statuses = {};
let requests = 0, refused;
const end = Date.now() + 60000;
const ask = async () => {
  while (!refused && Date.now() < end) {
    const answer = await fetch("http://127.0.0.1:5000/proxy/ok", { headers: { "X-Client-Id": process.argv[1] } });
    const body = await answer.json();
    requests += 1;
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    if (answer.status === 429) refused = { headers: Object.fromEntries(answer.headers), body };
  }
};
Promise.all(Array.from({ length: 40 }, ask)).then(() => console.log(JSON.stringify({ requests, statuses, refused })));
`;

test.serial("a burst above the profile's capacity is answered 429 with the seconds to wait (G05)", async (t) => {
  const client = `burst-${Date.now()}`;
  const { requests, statuses, refused } = JSON.parse(await kubectl("exec", "-n", namespace, "deployment/proxy-service", "-c", "proxy-service", "--", "node", "-e", burst, client)) as Burst;
  t.log(`${requests} requests until the first 429`);
  t.deepEqual(Object.keys(statuses), ["200", "429"]);
  t.true(statuses["200"]! >= 500);
  t.is(refused.body["error"], "rate_limit_exceeded");
  t.is(refused.headers["x-ratelimit-limit"], "500");
  t.is(refused.headers["x-ratelimit-remaining"], "0");
  t.is(refused.headers["retry-after"], "1");
  const bucket = await hash(`api-gateway:rate-limit:${client}`);
  t.is(bucket["capacity"], "500");
  t.true(Number(bucket["rejected"]) >= 1);
  const other = await gateway((ask) => ask("/proxy/ok", as(`${client}-other`)));
  t.is(other.status, 200, "another client has a bucket of its own");
});

test.serial("failures open the breaker, which then answers at once, tries again after its reset time and closes on success (G06)", async (t) => {
  await closed();
  const failures = await gateway(async (ask) => [await ask("/proxy/fail", as("breaker")), await ask("/proxy/fail", as("breaker")), await ask("/proxy/fail", as("breaker"))]);
  t.deepEqual(failures.map(({ status }) => status), [500, 500, 500]);
  const refused = await gateway((ask) => ask("/proxy/ok", as("breaker")));
  t.is(refused.status, 503);
  t.is(refused.body["error"], "circuit_open");
  t.true(Number(refused.headers.get("retry-after")) >= 1 && Number(refused.headers.get("retry-after")) <= 30);
  t.is((await hash(breakerKey))["state"], "OPEN");
  const answer = await eventually("a trial request after the reset time", 60, () => gateway((ask) => ask("/proxy/ok", as("breaker"))), ({ status }) => status === 200);
  t.is(answer.body["status"], "ok");
  t.is((await hash(breakerKey))["state"], "CLOSED");
});

test.serial("limiter and breaker survive a restart of every proxy pod, and a graceful restart of Redis loses none of it (G03, G04)", async (t) => {
  await closed();
  const client = `survivor-${Date.now()}`;
  await gateway(async (ask) => {
    for (let count = 0; count < 3; count++) t.is((await ask("/proxy/fail", as(client))).status, 500);
  });
  const bucketKey = `api-gateway:rate-limit:${client}`;
  await redis("PERSIST", bucketKey);
  const before = { breaker: await hash(breakerKey), bucket: await hash(bucketKey) };
  t.is(before.breaker["state"], "OPEN");

  await kubectl("delete", "pod", "-n", namespace, "-l", "app=proxy-service", "--wait=true");
  await kubectl("rollout", "status", "deployment/proxy-service", "-n", namespace, "--timeout=180s");
  t.deepEqual({ breaker: await hash(breakerKey), bucket: await hash(bucketKey) }, before);
  const { text } = (await gateway((ask) => ask("/metrics"))).body;
  t.regex(String(text), /^circuit_breaker_state(\{[^}]*\})? 2$/m);

  await kubectl("rollout", "restart", "statefulset/redis", "-n", namespace);
  await kubectl("rollout", "status", "statefulset/redis", "-n", namespace, "--timeout=180s");
  t.deepEqual({ breaker: await hash(breakerKey), bucket: await hash(bucketKey) }, before);
  await redis("DEL", bucketKey);
});

test.serial("the state store refuses to be flushed (G04)", async (t) => {
  for (const command of ["FLUSHALL", "FLUSHDB"]) t.regex(await redis(command), /unknown command/);
});
