import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { sandbox } from "./support/sandbox.ts";

/** A port at which nobody listens yet. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a job's step waits while connections are refused, and ends when one is accepted", async (t) => {
  const port = await closedPort();
  const box = sandbox(t, ["data/reachable.sh"], { "/bin/sleep": "#!/bin/sh\nexec /usr/bin/sleep 0.1\n" });
  const running = box.run("reachable.sh", { HOST: "127.0.0.1", PORT: String(port) });
  await sleep(500);
  const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  t.teardown(() => server.close());
  const { code, lines } = await running;
  t.is(code, 0);
  t.deepEqual([...new Set(lines)], [`waiting for 127.0.0.1:${port}`]);
});

test("a server that never answers fails the job after the time it was given, with the host, the reason and where to look", async (t) => {
  const port = await closedPort();
  const box = sandbox(t, ["data/reachable.sh"], { "/bin/sleep": "#!/bin/sh\nexec /usr/bin/sleep 0.1\n" });
  const { code, lines } = await box.run("reachable.sh", { HOST: "127.0.0.1", PORT: String(port), WAIT_SECONDS: "1" });
  t.is(code, 1);
  t.is(
    lines.at(-1),
    `FAILED: 127.0.0.1:${port} accepts no connection after 1 s (Connection refused): see whether the server runs, and whether the network policies let this pod reach it`,
  );
});
