import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import test from "ava";

const pack = fileURLToPath(new URL("../../policies/index.cjs", import.meta.url));

/** Starts the pack as the engine does, which hands it the stack's configuration in the environment. */
const started = (policies: string) =>
  spawnSync(process.execPath, [pack], {
    encoding: "utf8",
    timeout: 30_000,
    env: {
      ...process.env,
      PULUMI_NODEJS_PROJECT: "shop",
      PULUMI_CONFIG: JSON.stringify({ "shop:policies": policies }),
    },
  });

test("wrong settings of the stack stop the pack with their message, and without a stack trace", (t) => {
  const { status, stderr, stdout } = started(
    JSON.stringify({ enforcement: { "X04-spred": "advisory" }, "B05-postgres-startup": { budget: 300 } }),
  );
  t.deepEqual(
    [status, stdout, stderr.trimEnd().split("\n")],
    [
      1,
      "",
      [
        "The policy settings are not valid:",
        '  B05-postgres-startup.budget: there is no such setting; the only one is "budgetSeconds"',
        '  enforcement.X04-spred: there is no such setting; the nearest is "X04-spread"; docs/policies.md has them all',
      ],
    ],
  );
});

test("settings that are no object stop it too", (t) => {
  const { status, stderr } = started("strict");
  t.deepEqual(
    [status, stderr.trim()],
    [
      1,
      'The policy settings are not valid:\n  policies: is "strict", and must be an object; docs/policies.md has them all',
    ],
  );
});

test("a pack with right settings, or with none, says the port that it listens on, and nothing else", async (t) => {
  for (const config of [{ "shop:policies": '{"profile":"recommended"}' }, {}]) {
    const child = spawn(process.execPath, [pack], { env: { ...process.env, PULUMI_CONFIG: JSON.stringify(config) } });
    child.stderr.resume();
    const said = await new Promise<string>((resolve) =>
      child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())),
    );
    t.regex(said, /^\d+\n$/);
    const socket = connect(Number(said), "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
    child.kill("SIGKILL");
    t.deepEqual(await once(child, "close"), [null, "SIGKILL"]);
  }
});
