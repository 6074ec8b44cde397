import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";

const tests = join(checkout, "test");

for (const level of ["unit", "policy"]) {
  test(`every folder with tests of ${level} is in its suite`, (t) => {
    const source = readFileSync(join(tests, `suites/${level}.test.ts`), "utf8");
    const named = [...source.matchAll(new RegExp(`"(${level}[^"]*)"`, "g"))].map(([, folder]) => folder!);
    t.deepEqual(
      named.sort(),
      [...new Set(globSync(`${level}/**/*.test.ts`, { cwd: tests }).map((file) => dirname(file)))].sort(),
    );
  });
}
