import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { checkout } from "../../scripts/support/checkout.ts";

/** What a command of npm does in its place: what it counts, where it comes so far, and how it ends. */
interface Run {
  readonly counts?: string;
  readonly exit: number;
}

/** Runs the gate with a program in npm's place. Returns its exit code and lines without empty ones. */
function gate(t: ExecutionContext, { test, platform }: { readonly test: Run; readonly platform: Run }) {
  const folder = mkdtempSync(join(tmpdir(), "gate-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const name of [".ci", "bin", "tmp"]) mkdirSync(join(folder, name));
  cpSync(join(checkout, ".ci/run"), join(folder, ".ci/run"));
  const does = ({ counts, exit }: Run) => `${counts ? `echo ${counts} >>"$PLATFORM_TEST_COUNTS";` : ""} exit ${exit}`;
  writeFileSync(
    join(folder, "bin/npm"),
    `#!/bin/sh\necho "npm $*, where $(ls -a | tr '\\n' ' ')"\ncase $2 in test) ${does(test)} ;; test:platform) ${does(platform)} ;; esac\nexit 9\n`,
    { mode: 0o755 },
  );
  const { status, stdout, stderr } = spawnSync(join(folder, ".ci/run"), {
    cwd: "/",
    env: { PATH: `${folder}/bin:/usr/bin:/bin`, TMPDIR: join(folder, "tmp") },
    encoding: "utf8",
  });
  return {
    status,
    lines: `${stdout}${stderr}`.split("\n").filter(Boolean),
    left: spawnSync("ls", [join(folder, "tmp")], { encoding: "utf8" }).stdout,
  };
}

const calls = ["npm run test, where . .. .ci bin tmp ", "npm run test:platform, where . .. .ci bin tmp "];

test("the gate runs both commands in the checkout, ends with the sum of their counts, and leaves no file", (t) => {
  t.deepEqual(gate(t, { test: { counts: "900 0 0", exit: 0 }, platform: { counts: "250 0 0", exit: 0 } }), {
    status: 0,
    lines: [...calls, "1150 passed, 0 failed"],
    left: "",
  });
  t.deepEqual(gate(t, { test: { counts: "900 0 1", exit: 0 }, platform: { counts: "250 0 2", exit: 0 } }), {
    status: 0,
    lines: [...calls, "1150 passed, 0 failed, 3 skipped"],
    left: "",
  });
});

test("the gate fails when either command failed, and runs the second one all the same", (t) => {
  t.deepEqual(gate(t, { test: { counts: "899 1 0", exit: 1 }, platform: { counts: "250 0 0", exit: 0 } }), {
    status: 1,
    lines: [...calls, "1149 passed, 1 failed"],
    left: "",
  });
  t.deepEqual(gate(t, { test: { counts: "900 0 0", exit: 0 }, platform: { counts: "248 2 0", exit: 1 } }), {
    status: 1,
    lines: [...calls, "1148 passed, 2 failed"],
    left: "",
  });
});

test("a command that breaks off without its counts, or fails after them, is one failure of the gate", (t) => {
  t.deepEqual(gate(t, { test: { exit: 137 }, platform: { counts: "250 0 0", exit: 0 } }), {
    status: 1,
    lines: [...calls, "250 passed, 1 failed"],
    left: "",
  });
  t.deepEqual(gate(t, { test: { counts: "900 0 0", exit: 0 }, platform: { counts: "250 0 0", exit: 1 } }), {
    status: 1,
    lines: [...calls, "1150 passed, 1 failed"],
    left: "",
  });
  t.deepEqual(gate(t, { test: { exit: 0 }, platform: { exit: 0 } }), {
    status: 1,
    lines: [...calls, "0 passed, 2 failed"],
    left: "",
  });
});
