import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
    const { output, ...result } = await pulumi(
      ["up"],
      workspaceOf(t, `touch "$TMPDIR/kubeconfig"; ls "$TMPDIR/kubeconfig"; exit ${code}`),
      { capture: true },
    );
    const copy = output.trim();
    t.deepEqual(result, { code });
    t.is(dirname(dirname(copy)), tmpdir());
    t.false(existsSync(dirname(copy)));
  }
});

test("a CLI that does not start leaves nothing behind either, and is named", async (t) => {
  await t.throwsAsync(pulumi(["up"], { folder: tmpdir(), env: { PATH: "/nowhere" } }), {
    message: /^pulumi does not start: /,
  });
});

test("temporary files of a run that was killed go with the next one, and those of a living one stay", async (t) => {
  const { pid } = spawnSync("true");
  const [killed, living] = [pid, process.pid].map((of) => mkdtempSync(join(tmpdir(), `pulumi-run-${of}-`)));
  t.teardown(() => rmSync(living!, { recursive: true }));
  await pulumi(["up"], workspaceOf(t, "exit 0"), { capture: true });
  t.false(existsSync(killed!));
  t.true(existsSync(living!));
});

test("the oldest states of an engine's history go with each run, whether it ends well or not", async (t) => {
  const { folder, env } = workspaceOf(
    t,
    'mkdir -p "$BACKEND/history/production-platform/dev"; for n in 1 2 3 4; do touch "$BACKEND/history/production-platform/dev/dev-$2$n.checkpoint.json"; done; exit $2',
  );
  const workspace = {
    folder,
    env: {
      ...env,
      BACKEND: join(folder, "backend/.pulumi"),
      PULUMI_BACKEND_URL: `file://${folder}/backend?metadata=skip`,
    },
  };
  for (const code of [0, 1]) t.is((await pulumi(["up", String(code)], workspace, { capture: true })).code, code);
  t.deepEqual(
    readdirSync(join(folder, "backend/.pulumi/history/production-platform/dev")).sort(),
    ["04", "11", "12", "13", "14"].map((time) => `dev-${time}.checkpoint.json`),
  );
});
