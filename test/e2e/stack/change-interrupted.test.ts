import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { command, kubectl } from "../../support/cluster.ts";
import { copyCheckout } from "../../support/checkout-copy.ts";

const up = (folder: string) => command(process.execPath, [join(folder, "scripts/run.mjs"), "up"], { timeout: 900_000 });

/**
 * Starts an update and sends a signal to its whole process group some seconds after the engine began to change things.
 */
async function interrupted(folder: string, signal: "SIGINT" | "SIGKILL", seconds: number): Promise<string> {
  const child = spawn(process.execPath, [join(folder, "scripts/run.mjs"), "up"], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  while (!output.includes("\nbrings the changes\n") && child.exitCode === null) await sleep(50);
  await sleep(seconds * 1000);
  if (child.exitCode === null) process.kill(-child.pid!, signal);
  await Promise.race([ended, sleep(90_000)]);
  return output;
}

/** A change that rolls the API and runs a job anew: objects are created, updated and deleted. */
const change = (requests: number) =>
  copyCheckout(
    {
      "Pulumi.dev.yaml": [["api: {resources:", `api: {freeTierRequestsPerDay: ${requests}, resources:`]],
      "workloads/bgc-platform/populate.sh": [["\nconnect\n", `\n# changed for a drill: ${requests}\nconnect\n`]],
    },
    { sharedState: true },
  );

const freeTier = () =>
  kubectl(
    "get",
    "deployment",
    "bgc-api",
    "-n",
    "data",
    "-o",
    `jsonpath={.spec.template.spec.containers[0].env[?(@.name=="FREE_TIER_REQUESTS_PER_DAY")].value}`,
  );

test("an update that ended by SIGINT at a random moment, and the next one by SIGKILL, are repaired by running it again, and once more changes nothing (X10)", async (t) => {
  const folders = [change(6), change(7)] as const;
  t.teardown(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  for (const [index, signal] of (["SIGINT", "SIGKILL"] as const).entries()) {
    const seconds = Math.random() * 8;
    t.log(`${signal} after ${seconds.toFixed(1)} s of updating`);
    await interrupted(folders[index]!, signal, seconds);
  }
  const { code, stdout, stderr } = await up(folders[1]);
  t.is(code, 0, stdout + stderr);
  t.is(await freeTier(), "7");
  const again = await up(folders[1]);
  t.is(again.code, 0, again.stdout + again.stderr);
  t.regex(again.stdout, /^done: \d+ unchanged \(/m);
});
