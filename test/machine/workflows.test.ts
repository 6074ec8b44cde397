import { execFileSync, spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildPrograms, programPath } from "../../cluster/build.ts";
import { workflowLinter } from "../../cluster/pins.ts";
import { checkout } from "../../scripts/support/checkout.ts";

const workflows = globSync(".github/workflows/*.yml", { cwd: checkout }).sort();

test.before(() => buildPrograms([workflowLinter], () => {}));

test("the linter of workflows finds nothing in ours", (t) => {
  t.deepEqual(workflows, [".github/workflows/preview.yml", ".github/workflows/test.yml"]);
  t.is(execFileSync(programPath(workflowLinter), ["-no-color", ...workflows], { cwd: checkout, encoding: "utf8" }), "");
});

test("the linter of workflows finds a value that GitHub does not have", (t) => {
  const wrong = readFileSync(join(checkout, workflows[0]!), "utf8").replace("github.base_ref", "github.base_branch");
  const { status, stdout } = spawnSync(programPath(workflowLinter), ["-no-color", "-oneline", "-"], {
    input: wrong,
    encoding: "utf8",
  });
  t.is(status, 1);
  t.regex(stdout, /^<stdin>:\d+:\d+: property "base_branch" is not defined in object type/);
});
