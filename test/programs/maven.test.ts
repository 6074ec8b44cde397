import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { mavenFiles } from "../../cluster/images/maven.ts";

/** A Maven that copies the folder `repository` beside the pom to where it is told to, and keeps its arguments there. */
const programs = mkdtempSync(join(tmpdir(), "images-test-bin-"));
writeFileSync(
  join(programs, "mvn"),
  `#!/bin/sh
for argument; do case $argument in --file=*) pom=\${argument#*=} ;; -DoutputDirectory=*) target=\${argument#*=} ;; esac; done
printf '%s\\n' "$@" >"$(dirname "$pom")/arguments"
cp "$(dirname "$pom")"/repository/* "$target"
`,
);
chmodSync(join(programs, "mvn"), 0o755);
process.env["PATH"] = [programs, process.env["PATH"]].join(delimiter);
test.after.always(() => rmSync(programs, { recursive: true, force: true }));

const sums = {
  a: "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7",
  b: "0263829989b6fd954f72baaf2fc64bc2e2f01d692d4de72986ea808f6e99813f",
}; // of "a\n" and "b\n"

/** A pom with a checksum list and a Maven repository of its own. */
function project(t: ExecutionContext, list: string, jars: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "images-test-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "repository"));
  for (const [name, content] of Object.entries(jars)) writeFileSync(join(folder, "repository", name), content);
  writeFileSync(join(folder, "pom.xml"), "<project/>");
  writeFileSync(join(folder, "dependencies.sha256"), list);
  return {
    pom: join(folder, "pom.xml"),
    to: "opt/libs",
    work: join(folder, "work"),
    arguments: () => readFileSync(join(folder, "arguments"), "utf8").trim().split("\n"),
  };
}

test("Maven's files go to the recipe's folder, fetched into a repository below the work folder", async (t) => {
  const {
    pom,
    to,
    work,
    arguments: given,
  } = project(t, `${sums.a}  a.jar\n${sums.b}  b.jar\n`, { "a.jar": "a\n", "b.jar": "b\n" });
  t.deepEqual(
    await mavenFiles({ pom, to }, work),
    ["a.jar", "b.jar"].map((name) => ({ from: join(work, "dependencies", name), to: `opt/libs/${name}` })),
  );
  t.deepEqual(given(), [
    "--batch-mode",
    "--quiet",
    "--strict-checksums",
    `--file=${pom}`,
    `-Dmaven.repo.local=${join(work, "repository")}`,
    `-DoutputDirectory=${join(work, "dependencies")}`,
    "dependency:copy-dependencies",
  ]);
});

test("a file with another content, one too many and one too few are each named", async (t) => {
  const { pom, to, work } = project(t, `${sums.a}  a.jar\n${sums.b}  gone.jar\n`, {
    "a.jar": "b\n",
    "more.jar": "a\n",
  });
  const error = await t.throwsAsync(mavenFiles({ pom, to }, work));
  t.deepEqual(error.message.split("\n").slice(1), [
    `-${sums.a}  a.jar`,
    `-${sums.b}  gone.jar`,
    `+${sums.b}  a.jar`,
    `+${sums.a}  more.jar`,
  ]);
});

test("what Maven could not fetch is an error and not an image without it", async (t) => {
  const { pom, to, work } = project(t, "", {}); // its repository is empty, and copying nothing fails
  await t.throwsAsync(mavenFiles({ pom, to }, work), { message: /^mvn .* failed \(exit 1\)/ });
});
