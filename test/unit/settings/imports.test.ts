import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";

test("what is deployed, and the settings, import nothing of the policy pack that judges them", (t) => {
  const files = globSync("{components,workloads,settings}/**/*.ts", { cwd: checkout });
  t.true(files.length > 100);
  t.deepEqual(
    files.filter((file) => /from "(\.\.\/)+policies\//.test(readFileSync(join(checkout, file), "utf8"))),
    [],
  );
});
