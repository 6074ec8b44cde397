import { spawn } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { command, eventually, kubectl } from "../../support/cluster.ts";
import { changedStack } from "../../support/changed-stack.ts";

const up = (folder: string) => command(process.execPath, [join(folder, "scripts/run.mjs"), "up"], { timeout: 900_000 });

/** A value of an object. */
const of = (namespace: string, object: string, path: string) => kubectl("get", object, "-n", namespace, "-o", `jsonpath={${path}}`);

test.serial("a setting that keeps a store's pod from running is repaired by the next update (X10)", async (t) => {
  // More than any node has: the pod stays Pending.
  const folder = changedStack(t, { "bots-edi.database.resources": { cpuRequest: "64", cpuLimit: "64", memoryRequest: "256Mi", memoryLimit: "1Gi" }, "bots-edi.quota.cpu": "80" });
  const child = spawn(process.execPath, [join(folder, "scripts/run.mjs"), "up"], { detached: true, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const phase = () => of("edi", "pod/mysql-0", ".status.phase");
  try {
    await eventually("a pod that no node has room for", 300, phase, (answer) => answer === "Pending");
  } finally {
    process.kill(-child.pid!, "SIGINT");
    await ended;
  }
  const { code, stdout, stderr } = await up(checkout);
  t.is(code, 0, stdout + stderr);
  t.is(await phase(), "Running");
});
