import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { checkout } from "../../scripts/support/checkout.ts";

/** The folders of `policies/`: each imports those before it alone. */
const floors = ["model", "facts", "cel", "rules", "profiles", "engine", "gates"];
const floorOf = (file: string) => floors.indexOf(file.split("/")[1]!);

test("each floor of policies/ imports those below it alone, and files outside of a floor only start the pack", (t) => {
  const files = globSync("policies/**/*.ts", { cwd: checkout }).sort();
  const upwards = files
    .filter((file) => floorOf(file) >= 0)
    .flatMap((file) =>
      [...readFileSync(join(checkout, file), "utf8").matchAll(/from "(\.[^"]+)"/g)]
        .map(([, to = ""]) => join(dirname(file), to))
        .filter((to) => to.startsWith("policies/") && floorOf(to) > floorOf(file))
        .map((to) => `${file} imports ${to}`),
    );
  t.deepEqual(upwards, []);
  t.deepEqual(
    files.filter((file) => floorOf(file) < 0),
    ["policies/index.ts"],
  );
  t.deepEqual(
    floors.filter((floor) => !files.some((file) => file.startsWith(`policies/${floor}/`))),
    [],
  );
});

test("each file of rules has a file of fixtures of the same name, but those that only gather or support others", (t) => {
  const under = (folder: string) => globSync("*/*.ts", { cwd: join(checkout, folder) }).sort();
  const fixtures = under("test/policy/fixtures");
  const rules = under("policies/rules");
  t.deepEqual(
    fixtures.filter((file) => !rules.includes(file)),
    [],
  );
  t.deepEqual(
    rules.filter((file) => !fixtures.includes(file)),
    ["access/rbac-built-in.ts", "pod-security/index.ts", "pod-security/lists.ts", "pod-security/standard.ts"],
  );
});
