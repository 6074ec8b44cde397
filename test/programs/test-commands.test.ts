import { spawnSync } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../scripts/support/checkout.ts";

function refused(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, "scripts/run.mjs"), script, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, says: stderr.trim() };
}

test("a level or an option of the other command ends with 2 and the line to run, before any test", (t) => {
  t.deepEqual(refused("test", "e2e", "--keep"), {
    status: 2,
    stdout: "",
    says: 'e2e is a level of "npm run test:platform" and not of "npm test": run "npm run test:platform -- e2e"',
  });
  t.deepEqual(refused("test:platform", "types"), {
    status: 2,
    stdout: "",
    says: 'types is a level of "npm test" and not of "npm run test:platform": run "npm test -- types"',
  });
  t.deepEqual(refused("test", "unit", "--keep"), {
    status: 2,
    stdout: "",
    says: '--keep is for "npm run test:platform": no level of "npm test" brings a platform up',
  });
});
