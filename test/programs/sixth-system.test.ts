import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../scripts/support/checkout.ts";
import { renderedFolder } from "../../scripts/support/rendered-folder.ts";
import { copyCheckout, type Edits } from "../support/checkout-copy.ts";
import { notesSystem } from "./support/notes-system.ts";

/** The tests that look at a whole stack, at the list of systems or at what is written about each of them. */
const files = globSync("test/{unit/{components,docs,scripts,systems,workloads},policy/stacks}/*.test.ts", {
  cwd: checkout,
})
  .sort()
  .filter((file) =>
    /stackVariant\((stack|"dev"|"prod")\)|stackObjects\(|systems\/index\.ts|support\/stated\.ts|readCoverage\(|stackConfiguration\(|stackSettings\b/.test(
      readFileSync(join(checkout, file), "utf8"),
    ),
  );

const named = (file: string): string =>
  /systems: \[.*\]|default: \[bgc.*\]/.exec(readFileSync(join(checkout, file), "utf8"))![0];
const withNotes = (file: string) =>
  [named(file), named(file).replace(/"?\]$/, (end) => (end === "]" ? ", notes]" : '", "notes"]'))] as const;
const block =
  '  production-platform:notes: {applications: {source: images, web: "registry.example.com/notes-web:v1.0.0"}}\n';

/**
 * All that a sixth system changes outside its own folder: the list, the project's default and the stacks that deploy
 * it.
 */
const lines: Edits = {
  "components/systems/index.ts": [
    ["import { platformService } from", 'import { notes } from "./notes/index.ts";\nimport { platformService } from'],
    ['  "techbra-ecommerce": techbraEcommerce,\n', '  "techbra-ecommerce": techbraEcommerce,\n  notes,\n'],
  ],
  "Pulumi.yaml": [withNotes("Pulumi.yaml")],
  "Pulumi.dev.yaml": [
    withNotes("Pulumi.dev.yaml"),
    ["  production-platform:bgc-platform:\n", `${block}  production-platform:bgc-platform:\n`],
  ],
  "Pulumi.prod.yaml": [
    withNotes("Pulumi.prod.yaml"),
    ["  production-platform:bgc-platform:\n", `${block}  production-platform:bgc-platform:\n`],
  ],
};

/** Runs the suite of a copy, which renders its own stacks. */
const run = (copy: string) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { ...process.env, [renderedFolder]: undefined };
    execFile(
      process.execPath,
      ["node_modules/ava/entrypoints/cli.js", "--tap", "test/suites/sixth.test.ts"],
      { cwd: copy, env, maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

/** Runs test files in a copy of the project that has the system. */
async function tested(system: string, some: readonly string[]) {
  const copy = copyCheckout(lines);
  try {
    mkdirSync(join(copy, "components/systems/notes"));
    writeFileSync(join(copy, "components/systems/notes/index.ts"), system);
    // One worker for all, as in the suites.
    writeFileSync(
      join(copy, "test/suites/sixth.test.ts"),
      `import { ownStacks } from "../support/suite.ts";\n\nawait ownStacks();\n${some.map((file) => `await import("../../${file}");\n`).join("")}`,
    );
    const { code, stdout, stderr } = await run(copy);
    return {
      code,
      failed: stdout.match(/^not ok .*$/gm) ?? [],
      passed: (stdout.match(/^ok /gm) ?? []).length,
      output: stdout + stderr,
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

test("a sixth system of one image is added by its folder, a line in the list and the stack files, and no test of another system notices", async (t) => {
  t.true(files.length >= 25, files.join());
  const { code, failed, passed, output } = await tested(notesSystem, files);
  t.deepEqual(failed, [], output);
  t.is(code, 0, output);
  t.true(passed > 200, String(passed));
  for (const stack of ["dev", "prod"])
    t.true(
      output.includes(
        `${stack}: notes alone declares exactly what it declares beside the others, to the last value (X10)`,
      ),
    );
});

test("a sixth system whose pods no policy selects is found by the tests of whole stacks", async (t) => {
  const { code, failed } = await tested(notesSystem.replace(', others: ["notes-web"]', ""), [
    "test/unit/systems/flow-matrix.test.ts",
  ]);
  t.is(code, 1);
  t.deepEqual(
    failed.map((line) => line.replace(/^not ok \d+ - /, "")),
    [
      "dev: every pod is selected by one policy, and every policy selects a pod (X05)",
      "dev: every Service that a pod is given the address of is one it may reach (X05)",
      "an address without a way to it is seen (X05)",
    ],
  );
});
