import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";

const tests = join(checkout, "test");

test("every folder with tests of unit and policy is in one suite of its level", (t) => {
  const named = globSync("suites/*.test.ts", { cwd: tests }).flatMap((suite) => {
    const folders = /await suite\((.*)\)/.exec(readFileSync(join(tests, suite), "utf8"))?.[1]?.split(", ").map((folder) => JSON.parse(folder) as string) ?? [];
    for (const folder of folders) t.regex(suite, new RegExp(`^suites/${folder.split("/")[0]}-`), folder);
    return folders;
  });
  const folders = new Set(globSync("{unit,policy}/**/*.test.ts", { cwd: tests }).map((file) => dirname(file)));
  t.deepEqual(named.sort(), [...folders].sort());
});
