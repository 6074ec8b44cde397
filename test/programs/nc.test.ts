import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import test from "ava";

const tool = new URL("../../workloads/tools/nc.cjs", import.meta.url).pathname;

async function nc(...args: string[]) {
  const child = spawn(process.execPath, [tool, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (data) => void (stderr += data));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, stderr };
}

async function listening<T>(use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test("nc starts with the interpreter of the Node.js image", (t) => {
  t.true(readFileSync(tool, "utf8").startsWith("#!/usr/local/bin/node\n"));
});

test("nc reports an open port and exits with 0", async (t) => {
  await listening(async (port) => {
    const [told, silent] = await Promise.all([
      nc("-zv", "127.0.0.1", `${port}`),
      nc("-z", "-w", "3", "127.0.0.1", `${port}`),
    ]);
    t.deepEqual(told, { code: 0, stderr: `Connection to 127.0.0.1 ${port} port [tcp/*] succeeded!\n` });
    t.deepEqual(silent, { code: 0, stderr: "" });
  });
});

test("nc reports a closed port and exits with 1", async (t) => {
  const port = await listening(async (free) => free);
  t.deepEqual(await nc("-zv", "127.0.0.1", `${port}`), {
    code: 1,
    stderr: `nc: connect to 127.0.0.1 port ${port} (tcp) failed: Connection refused\n`,
  });
});

test("nc refuses what it cannot do", async (t) => {
  const refused = [
    ["-l", "80"],
    ["127.0.0.1", "80"],
    ["-zv", "127.0.0.1"],
    ["-zv", "127.0.0.1", "0"],
    ["-zv", "-w", "x", "127.0.0.1", "80"],
  ];
  await Promise.all(
    refused.map(async (args) => {
      const { code, stderr } = await nc(...args);
      t.is(code, 1, args.join(" "));
      t.regex(stderr, /^nc: /, args.join(" "));
    }),
  );
});
