import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { pulumi } from "../../scripts/support/pulumi.ts";

/** A workspace whose CLI does what a shell script says. */
function workspaceOf(t: ExecutionContext, script: string) {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "pulumi"), 0o755);
  return { folder, env: { PATH: `${folder}:${process.env["PATH"]}` } };
}

test("temporary files of a run, such as the provider's copies of the kubeconfig, go with it, however it ends", async (t) => {
  for (const code of [0, 255]) {
    const { output, ...result } = await pulumi(["up"], workspaceOf(t, `touch "$TMPDIR/kubeconfig"; ls "$TMPDIR/kubeconfig"; exit ${code}`), { capture: true });
    const copy = output.trim();
    t.deepEqual(result, { code });
    t.is(dirname(dirname(copy)), tmpdir());
    t.false(existsSync(dirname(copy)));
  }
});

test("a CLI that does not start leaves nothing behind either, and is named", async (t) => {
  await t.throwsAsync(pulumi(["up"], { folder: tmpdir(), env: { PATH: "/nowhere" } }), { message: /^pulumi does not start: / });
});

test("temporary files of a run that was killed go with the next one, and those of a living one stay", async (t) => {
  const { pid } = spawnSync("true");
  const [killed, living] = [pid, process.pid].map((of) => mkdtempSync(join(tmpdir(), `pulumi-run-${of}-`)));
  t.teardown(() => rmSync(living!, { recursive: true }));
  await pulumi(["up"], workspaceOf(t, "exit 0"), { capture: true });
  t.false(existsSync(killed!));
  t.true(existsSync(living!));
});
