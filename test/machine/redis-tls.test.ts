import { join } from "node:path";
import test from "ava";
import { images } from "../../components/images.ts";
import { connectRedis } from "../../workloads/server/data/redis.ts";
import { check } from "../../workloads/server/data/redis-check.ts";
import { testRuntime } from "../unit/workloads/support/server.ts";
import { ImagePod } from "./support/image-pod.ts";
import { runProgram } from "./support/run-program.ts";
import { type TlsCase, tlsFiles } from "./support/tls-case.ts";

const uid = 999;
const pod = new ImagePod([]);
test.after.always(() => pod.end());

const { password, certificates, server: own } = tlsFiles(pod, uid, "redis.example.com", "secret");

const serve = (name: string, options: (port: number) => readonly string[]) =>
  pod.serve(
    images.redis,
    (port) => [
      "redis-server",
      ...options(port),
      "--user",
      ..."shop on >secret ~* &* +@all -@admin -@dangerous +info".split(" "),
      "--user",
      "default",
      "off",
      "--save",
      "",
      "--maxmemory",
      "64mb",
      "--maxmemory-policy",
      name === "cache" ? "allkeys-lru" : "noeviction",
    ],
    { uid, mounts: { "/server": own } },
  );

const ports = { tls: 0, plain: 0, cache: 0 };
test.before("servers run, one with TLS alone, and two without", async (t) => {
  t.timeout(900_000);
  ports.tls = await serve("tls", (port) => [
    "--port",
    "0",
    "--tls-port",
    String(port),
    "--tls-cert-file",
    "/server/server.crt",
    "--tls-key-file",
    "/server/server.key",
    "--tls-ca-cert-file",
    "/server/server.crt",
    "--tls-auth-clients",
    "no",
  ]);
  ports.plain = await serve("plain", (port) => ["--port", String(port)]);
  ports.cache = await serve("cache", (port) => ["--port", String(port)]);
});

type Case = TlsCase<keyof typeof ports>;

const environment = ({ server = "tls", mode = "verify-full", host = "localhost", ca = "ca.crt" }: Case) => ({
  REDIS_HOST: host,
  REDIS_PORT: ports[server],
  REDIS_USERNAME: "shop",
  REDIS_PASSWORD_FILE: join(password, "password"),
  REDIS_TLS_MODE: mode,
  REDIS_TLS_CA: join(certificates, ca),
});

/** What the Job asks before anything uses the server. */
function checked(
  { server = "tls", mode = "verify-full", host = "localhost", ca = "ca.crt" }: Case,
  role = "state",
  secret = "secret",
) {
  return check(
    {
      server: { product: "Redis", host, port: ports[server], mode, authorities: join(certificates, ca) },
      user: "shop",
      password: secret,
      role,
      waitSeconds: 0,
    },
    () => {},
  );
}

test.serial("verify-full works with our clients and with the check, as the user of an access list", async (t) => {
  t.timeout(600_000);
  for (const how of [{}, { mode: "verify-ca", host: "127.0.0.1" }, { mode: "disable", server: "plain" }] as const) {
    const connection = await connectRedis(environment(how), testRuntime());
    t.is(await connection.check.run(), "connected");
    t.is(await connection.redis.set("key", "value"), "OK");
    await connection.close();
    t.is(
      await checked(how),
      `Redis ${(how as Case).host ?? "localhost"}:${ports[(how as Case).server ?? "tls"]} takes the login; maxmemory-policy is noeviction`,
    );
  }
});

for (const [title, how, reason] of [
  [
    "whose authority is another one",
    { ca: "stranger.crt" },
    ({ ca }: { ca: string }) =>
      `its certificate is from no authority in ${ca} (unable to verify the first certificate); put the one that signed it into the key ca.crt of the Secret that tls.caSecret names`,
  ],
  [
    "whose certificate is for another name",
    { host: "127.0.0.1" },
    () =>
      "its certificate is for another name (IP: 127.0.0.1 is not in the cert's list:); connect to a name that it has, or give the server one for this name",
  ],
] as const) {
  test.serial(`a Redis ${title} is refused by the check, by clients and by programs in one sentence`, async (t) => {
    t.timeout(600_000);
    const { host = "localhost", server = "tls", ca = "ca.crt" } = how as Case;
    const message = `Redis ${host}:${ports[server]} is refused under tls.mode verify-full: ${reason({ ca: join(certificates, ca) })}`;
    await t.throwsAsync(checked(how), { message });
    const connection = await connectRedis(environment(how), testRuntime());
    t.teardown(() => connection.redis.disconnect());
    await t.throwsAsync(connection.check.run(), { message });
    const values = Object.fromEntries(Object.entries(environment(how)).map(([name, value]) => [name, String(value)]));
    const { code, lines } = await runProgram("resilient-api-gateway", "proxy-service", {
      UPSTREAM_URL: "http://127.0.0.1:1",
      ...values,
    });
    t.is(code, 1);
    t.deepEqual(
      lines.filter(({ level }) => level === "fatal").map(({ msg, err }) => ({ msg, err })),
      [{ msg: message, err: undefined }],
    );
  });
}

test.serial("a Redis without TLS, which answers nothing to a handshake, fails the check with what to do", async (t) => {
  t.timeout(600_000);
  await t.throwsAsync(checked({ server: "plain" }), {
    message: `Redis localhost:${ports.plain} cannot be used after 0 s: it answers no TLS within 5 s; switch TLS on there, or write tls.mode: disable where the network between is trusted`,
  });
});

test.serial("the check says what else is wrong: a cache for state, a wrong password, nobody there", async (t) => {
  t.timeout(600_000);
  const plain = { mode: "disable", server: "cache" } as const;
  await t.throwsAsync(checked(plain), {
    message: `Redis localhost:${ports.cache} has maxmemory-policy allkeys-lru and may drop any key when its memory is full, and this system keeps state in it: set noeviction or a volatile- policy there`,
  });
  t.is(
    await checked(plain, "cache"),
    `Redis localhost:${ports.cache} takes the login; maxmemory-policy is allkeys-lru`,
  );
  await t.throwsAsync(checked(plain, "cache", "another"), {
    message: `Redis localhost:${ports.cache} refuses the login as shop (WRONGPASS invalid username-password pair or user is disabled.): see the key password of the Secret that passwordSecret names, and the user`,
  });
  await t.throwsAsync(
    check(
      {
        server: { product: "Redis", host: "127.0.0.1", port: 1, mode: "disable" },
        user: undefined,
        password: "x",
        role: "cache",
        waitSeconds: 0,
      },
      () => {},
    ),
    { message: "Redis 127.0.0.1:1 cannot be used after 0 s: connect ECONNREFUSED 127.0.0.1:1" },
  );
});
