import { chownSync, copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { images } from "../../components/images.ts";
import { checkout } from "../../scripts/support/checkout.ts";
import { ImagePod } from "./support/image-pod.ts";

const uid = 999;
const secret = 'it"s \\secret';
const pod = new ImagePod([]);
test.after.always(() => pod.end());

const credentials = pod.folderOf("credentials", uid, { password: secret });
const scripts = pod.folderOf("scripts", uid);
for (const folder of ["components/data/redis", "components/capabilities/verified-backup"])
  for (const file of readdirSync(join(checkout, folder)).filter((name) => name.endsWith(".sh"))) {
    copyFileSync(join(checkout, folder, file), join(scripts, file));
    chownSync(join(scripts, file), uid, uid);
  }

/** A server as a stack declares it, with an append-only file, and what is done with it. */
async function redis(name: string, ...more: readonly string[]) {
  const data = pod.folderOf(`${name}-data`, uid);
  const backups = pod.folderOf(`${name}-backups`, uid);
  mkdirSync(data, { recursive: true });
  let port = 0;
  let scratches = 0;
  const run = (command: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    pod.run(images.redis, command, {
      uid,
      env: {
        REDISCLI_AUTH: secret,
        REDIS_HOST: "127.0.0.1",
        REDIS_PORT: String(port),
        REDIS_PASSWORD_FILE: "/credentials/redis/password",
        BACKUPS: "/backups",
        HOSTNAME: "backup-x1",
        ...env,
      },
      mounts: {
        "/scripts": scripts,
        "/backups": backups,
        "/credentials/redis": credentials,
        "/scratch": pod.folderOf(`${name}-scratch-${++scratches}`, uid),
      },
    });
  const start = async () => {
    port = await pod.serve(
      images.redis,
      (at) => [
        ..."redis-server --appendonly yes --appendfsync always --maxmemory-policy noeviction".split(" "),
        ...["--save", "", "--dir", "/data", "--port", String(at), "--requirepass", secret],
        ...["--rename-command", "FLUSHALL", "", "--rename-command", "FLUSHDB", "", ...more],
      ],
      { uid, mounts: { "/data": data } },
    );
  };
  await start();
  const cli = async (...command: string[]) =>
    (await run(["redis-cli", "--no-auth-warning", "-p", String(port), ...command])).said;
  return {
    cli,
    start,
    script: (script: string, env: Readonly<Record<string, string>> = {}) => run(["bash", `/scripts/${script}.sh`], env),
    /** Keys in use, and how many other databases have some. */
    databases: async () => [await cli("dbsize"), (await cli("info", "keyspace")).match(/^db[1-9]/gm)?.length ?? 0],
  };
}

/** Makes keys of several kinds and a verified copy of them, and then changes some. */
async function copiedAndChanged({ cli, script }: Awaited<ReturnType<typeof redis>>) {
  await cli("mset", "one", "1", "two", "2", 'odd "key\n', "3");
  await cli("hset", "bucket", "tokens", "5", "at", "7");
  await cli("set", "leaving", "x", "EX", "10000");
  await script("dump");
  const { code, said } = await script("verify");
  await cli("del", "one", "bucket");
  await cli("set", "new", "9");
  return { code, said };
}

const restore = { COPY: "newest", KEPT: "none" };

test.serial(
  "a copy is restored into a living Redis in one step, and a restart with the append-only file has it too (G09)",
  async (t) => {
    t.timeout(900_000);
    const server = await redis("living");
    const { cli, script, databases, start } = server;
    const verified = await copiedAndChanged(server);
    t.is(verified.code, 0, verified.said);
    const { code, said } = await script("restore", restore);
    t.is(code, 0, said);
    t.regex(said, /\nrestored 127\.0\.0\.1-\S+: 5 keys are in use, as many as the copy has$/);
    const kept = async () => {
      t.deepEqual(await databases(), ["5", 0]);
      t.is(await cli("get", "one"), "1");
      t.is(await cli("hget", "bucket", "tokens"), "5");
      t.is(await cli("exists", "new", "runbook:restore"), "0");
      t.true(Number(await cli("ttl", "leaving")) > 9_000);
    };
    await kept();
    await cli("shutdown", "nosave");
    await start();
    await kept();
  },
);

test.serial(
  "keys of somebody else in the spare database are a reason to change nothing, and what a cut-short run left is removed (G09)",
  async (t) => {
    const server = await redis("spare");
    const { cli, script, databases } = server;
    await copiedAndChanged(server);
    await cli("-n", "15", "set", "mine", "1");
    const refused = await script("restore", restore);
    t.is(refused.code, 1);
    t.regex(refused.said, /FAILED: database 15 of 127\.0\.0\.1 has keys of somebody else: nothing was changed$/);
    t.deepEqual(await databases(), ["4", 1]);
    await cli("-n", "15", "set", "runbook:restore", "redis-1");
    const { code, said } = await script("restore", restore);
    t.is(code, 0, said);
    t.deepEqual(await databases(), ["5", 0]);
  },
);

test.serial("a Redis without room for the restored keys stays as it is, and keeps nothing of them (G09)", async (t) => {
  const server = await redis("full");
  const { cli, script, databases } = server;
  await cli("set", "large", "x".repeat(50_000));
  await copiedAndChanged(server);
  await cli("config", "set", "maxmemory", "1mb");
  const { code, said } = await script("restore", restore);
  t.is(code, 1);
  t.regex(said, /FAILED: 127\.0\.0\.1 (takes no key|does not take the keys), and is as before: .*OOM/);
  t.deepEqual(await databases(), ["5", 0]);
});
