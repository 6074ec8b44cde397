import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { outputsOf } from "../../components/systems/outputs.ts";
import { listClients } from "../../operations/runbook/verbs/gateway.ts";
import { checkout } from "../../scripts/support/checkout.ts";
import { fakeCluster } from "../support/fake-cluster.ts";
import { backupCronJob, shop, withoutIds } from "../support/runbook.ts";

test("npx's program and npm's script start the same command, and its exit code is theirs", (t) => {
  const npx = spawnSync(process.execPath, [join(checkout, "scripts/runbook.mjs"), "--help"], { encoding: "utf8" });
  const npm = spawnSync(process.execPath, [join(checkout, "scripts/run.mjs"), "runbook", "--help"], {
    encoding: "utf8",
  });
  t.deepEqual([npx.status, npx.stderr, npx.stdout], [0, "", npm.stdout]);
  t.regex(npx.stdout, /^Usage: runbook \[options\] \[command\]\n/);
  t.is(spawnSync(process.execPath, [join(checkout, "scripts/runbook.mjs"), "rstart"], { encoding: "utf8" }).status, 2);
});

test("Ctrl-C ends the wait for a run with 130 and the command to go on, and leaves the run alone and the lease free", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const outputs = join(dirname(cluster.kubeconfig), "outputs.json");
  writeFileSync(outputs, JSON.stringify(outputsOf([shop])));
  const child = spawn(
    process.execPath,
    [join(checkout, "scripts/runbook.ts"), "backup", "bgc-platform", "--context", "here", "--outputs", outputs],
    { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } },
  );
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  let asked = false;
  child.stdout.on("data", () => {
    if (!asked && output.stdout.includes("has no pod yet")) asked = child.kill("SIGINT");
  });
  t.is(await new Promise((resolve) => child.on("close", resolve)), 130, output.stdout + output.stderr);
  t.is(output.stderr, "\nstopping at the next look; once more ends it at once\n");
  t.true(
    withoutIds(output.stdout).includes(
      [
        "interrupted at 2/2 wait for Job postgres-backup-RUN: while waiting for Job postgres-backup-RUN to end: Job postgres-backup-RUN has no pod yet",
        "a Job that was started goes on in the cluster: runbook backups bgc-platform",
        "interrupted; evidence: ",
      ].join("\n"),
    ),
    output.stdout,
  );
  t.is(cluster.all("Job").length, 1);
  t.is(cluster.get("Lease", "runbook-bgc-platform")!["spec"].holderIdentity, undefined);
});

test("the script that lists clients takes any name of a client as a name and never as a command (G09)", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "redis-cli-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const names = ["10.0.0.7", "a b", "$(touch hacked)", "`touch hacked`; touch hacked", "quote \" and ' and \\n", "-n"];
  writeFileSync(join(folder, "keys"), names.map((name) => `api-gateway:rate-limit:${name}\n`).join(""));
  writeFileSync(
    join(folder, "redis-cli"),
    '#!/bin/sh\ncase $1 in --scan) cat keys ;; *) printf "3.5\\n100\\n7\\n" ;; esac\n',
    { mode: 0o755 },
  );
  const { stdout, stderr } = spawnSync("sh", ["-c", listClients, "clients", "api-gateway:rate-limit:", "500"], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: `${folder}:/usr/bin:/bin` },
  });
  t.deepEqual(
    [
      stderr,
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.trimEnd()),
    ],
    ["", names.map((name) => `api-gateway:rate-limit:${name}\t3.5\t100\t7`)],
  );
  t.false(existsSync(join(folder, "hacked")));
});

test("a question on a terminal that nobody sees is never put: a pipe is refused with 3", async (t) => {
  const cluster = await fakeCluster(t, [backupCronJob()]);
  const outputs = join(dirname(cluster.kubeconfig), "outputs.json");
  writeFileSync(outputs, JSON.stringify(outputsOf([shop])));
  const child = spawn(
    process.execPath,
    [
      join(checkout, "scripts/runbook.ts"),
      "suspend",
      "bgc-platform",
      "postgres-backup",
      "--context",
      "here",
      "--outputs",
      outputs,
    ],
    { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } },
  );
  child.stdin.end("bgc-platform\n");
  t.is(await new Promise((resolve) => child.on("close", resolve)), 3);
  t.deepEqual(cluster.changes, []);
});
