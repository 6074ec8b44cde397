import { KubeConfig } from "@kubernetes/client-node";
import anyTest, { type ExecutionContext } from "ava";
import { Redis } from "ioredis";
import { withPortForward } from "../../operations/port-forward.ts";
import { kubectl } from "./cluster.ts";

/** One after the other: every test has the whole database to itself. */
export const redisTest = anyTest.serial;

/** Not the one that the gateway itself uses. */
const db = 9;
let address: { port: number; password: string };
const over = Promise.withResolvers<void>();

anyTest.before(async () => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const encoded = await kubectl("get", "secret", "redis-auth", "-n", "api-gateway", "-o", "jsonpath={.data.password}");
  await new Promise<void>((ready, failed) => {
    withPortForward(kubeConfig, "api-gateway", "redis", 6379, (port) => {
      address = { port, password: Buffer.from(encoded, "base64").toString() };
      ready();
      return over.promise;
    }).catch(failed);
  });
});
anyTest.after.always(() => over.resolve());

/** As many clients as there are replicas, on the gateway's own server; what a test wrote goes with it. */
export function database(t: ExecutionContext): () => Redis {
  return () => {
    const redis = new Redis({ host: "127.0.0.1", ...address, db });
    t.teardown(async () => {
      const keys = await redis.keys("*");
      if (keys.length > 0) await redis.del(...keys);
      redis.disconnect();
    });
    return redis;
  };
}

/** Lets time pass for a hash that remembers seconds. */
export const age = async (redis: Redis, key: string, field: string, seconds: number) =>
  void (await redis.hset(key, field, Number(await redis.hget(key, field)) - seconds));

/** Passes for seconds that are right but for those that the test itself took. */
export const near = (t: ExecutionContext, actual: unknown, expected: number) =>
  t.true(Math.abs(Number(actual) - expected) <= 5, `${actual} is not near ${expected}`);

export const now = () => Date.now() / 1000;
