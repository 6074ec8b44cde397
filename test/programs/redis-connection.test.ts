import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import test, { type ExecutionContext } from "ava";
import { connectRedis } from "../../workloads/server/data/redis.ts";
import { testRuntime } from "../unit/workloads/support/server.ts";

/** A client of a server that answers PING after some milliseconds, or never. */
async function clientOf(t: ExecutionContext, pause: number | undefined) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      if (/\bping\b/i.test(data.toString())) {
        if (pause !== undefined) setTimeout(() => socket.write("+PONG\r\n"), pause);
      } else if (/\binfo\b/i.test(data.toString())) socket.write("$9\r\nloading:0\r\n");
      else socket.write("+OK\r\n".repeat(data.toString().match(/^\*/gm)!.length));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection = await connectRedis(
    { REDIS_HOST: "127.0.0.1", REDIS_PORT: (server.address() as AddressInfo).port },
    testRuntime(),
  );
  t.teardown(() => {
    connection.redis.disconnect();
    server.close();
  });
  return connection.redis;
}

test("an answer that comes late, as on a busy machine, is waited for", async (t) => {
  const redis = await clientOf(t, 1_000);
  t.is(await redis.ping(), "PONG");
});

test("a server that hangs is given up after two seconds, and who asks next does not wait for it again", async (t) => {
  const redis = await clientOf(t, undefined);
  const seconds = async () => {
    const began = performance.now();
    await t.throwsAsync(redis.ping());
    return (performance.now() - began) / 1000;
  };
  const first = await seconds();
  t.true(first >= 1.9, `${first} s`);
  const next = await seconds();
  t.true(next < 1, `${next} s`);
});
