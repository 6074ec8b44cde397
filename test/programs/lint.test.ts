import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { checkout } from "../../scripts/support/checkout.ts";

/** What the linter finds in a project of these files under our own rules, each as `file: rule: message`. */
function found(t: ExecutionContext, files: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "lint-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(join(checkout, "biome.jsonc"), join(folder, "biome.jsonc"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { stdout } = spawnSync(
    join(checkout, "node_modules/.bin/biome"),
    ["lint", "--vcs-enabled=false", "--error-on-warnings", "--reporter=json"],
    { cwd: folder, encoding: "utf8" },
  );
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { category: string; message: string; location: { path: string } }[];
  };
  return diagnostics
    .map(({ category, message, location }) => `${location.path}: ${category.split("/").at(-1)}: ${message}`)
    .sort();
}

const importing = (path: string) => `import type { Value } from "${path}";\nexport type Own = Value | 1;\n`;
const value = "export type Value = 1;\n";

test("a circle of imports is found in each of its files, also where it is one of types", (t) => {
  const circle = (other: string) =>
    `import type { Own } from "./${other}.ts";\nexport type Value = Own;\nexport type Own2 = Value;\n`;
  t.deepEqual(found(t, { "components/a.ts": circle("b"), "components/b.ts": circle("a") }), [
    "components/a.ts: noImportCycles: This import is part of a cycle.",
    "components/b.ts: noImportCycles: This import is part of a cycle.",
  ]);
});

test("each folder may import what is below it, and nothing above", (t) => {
  const allowed = {
    "components/a.ts": importing("../settings/v.ts"),
    "components/images.ts": value,
    "components/workload/labels.ts": value,
    "policies/a.ts": importing("../components/workload/labels.ts"),
    "cluster/a.ts": importing("../components/images.ts"),
    "operations/a.ts": importing("../policies/v.ts"),
    "scripts/a.ts": importing("../operations/v.ts"),
    "test/a.ts": importing("../scripts/v.ts"),
    "settings/v.ts": value,
    "policies/v.ts": value,
    "operations/v.ts": value,
    "scripts/v.ts": value,
  };
  t.deepEqual(found(t, allowed), []);
  const refused = {
    "components/a.ts": importing("../policies/v.ts"),
    "components/systems/b.ts": importing("../../scripts/v.ts"),
    "policies/a.ts": importing("../components/v.ts"),
    "policies/rules/b.ts": importing("../../test/v.ts"),
    "settings/a.ts": importing("../components/v.ts"),
    "patches/a.ts": importing("../components/v.ts"),
    "cluster/a.ts": importing("../scripts/v.ts"),
    "operations/a.ts": importing("../scripts/v.ts"),
    "scripts/a.ts": importing("../test/v.ts"),
    "workloads/server/a.ts": importing("../../components/v.ts"),
    "index.ts": importing("./policies/v.ts"),
    "components/v.ts": value,
    "policies/v.ts": value,
    "scripts/v.ts": value,
    "test/v.ts": value,
  };
  t.deepEqual(found(t, refused), [
    "cluster/a.ts: noRestrictedImports: cluster/ imports settings/, patches/ and the names of images in components/images.ts alone.",
    "components/a.ts: noRestrictedImports: components/ imports nothing of policies/, operations/, scripts/ and test/.",
    "components/systems/b.ts: noRestrictedImports: components/ imports nothing of policies/, operations/, scripts/ and test/.",
    "index.ts: noRestrictedImports: components/ imports nothing of policies/, operations/, scripts/ and test/.",
    "operations/a.ts: noRestrictedImports: operations/ imports nothing of scripts/ and test/.",
    "patches/a.ts: noRestrictedImports: patches/ imports nothing of the project.",
    "policies/a.ts: noRestrictedImports: policies/ imports settings/ and the labels of components/workload/labels.ts alone.",
    "policies/rules/b.ts: noRestrictedImports: policies/ imports settings/ and the labels of components/workload/labels.ts alone.",
    "scripts/a.ts: noRestrictedImports: Nothing but tests imports test/.",
    "settings/a.ts: noRestrictedImports: settings/ imports nothing of the project.",
    "workloads/server/a.ts: noRestrictedImports: workloads/ imports nothing of the other folders: it runs in containers.",
  ]);
});

test("`any` is found outside of tests", (t) => {
  const any = "export const value: any = 1;\n";
  t.deepEqual(found(t, { "components/a.ts": any, "test/a.ts": any }), [
    "components/a.ts: noExplicitAny: Unexpected any. Specify a different type.",
  ]);
});
