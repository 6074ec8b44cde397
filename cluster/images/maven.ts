import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../shell.ts";
import type { CopiedFile, Recipe } from "./recipe.ts";

/** The list of a pom's dependencies, in the format of sha256sum, sorted by name. */
export const checksumFile = (pom: string): string => join(dirname(pom), "dependencies.sha256");

/**
 * Fetches a pom's dependencies with Maven, under the settings.xml of the machine and its user and with a repository of
 * its own below `work`. Throws unless they are exactly the files of the pom's checksum list.
 */
export async function mavenFiles({ pom, to }: NonNullable<Recipe["maven"]>, work: string): Promise<CopiedFile[]> {
  const folder = join(work, "dependencies");
  mkdirSync(folder, { recursive: true });
  await run("mvn", [
    "--batch-mode",
    "--quiet",
    "--strict-checksums",
    `--file=${pom}`,
    `-Dmaven.repo.local=${join(work, "repository")}`,
    `-DoutputDirectory=${folder}`,
    "dependency:copy-dependencies",
  ]);
  const names = readdirSync(folder).sort();
  const found = names.map(
    (name) =>
      `${createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex")}  ${name}`,
  );
  const listed = readFileSync(checksumFile(pom), "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const differences = [
    ...listed.filter((line) => !found.includes(line)).map((line) => `-${line}`),
    ...found.filter((line) => !listed.includes(line)).map((line) => `+${line}`),
  ];
  if (differences.length > 0)
    throw new Error(
      `the dependencies of ${pom} are not those that ${checksumFile(pom)} lists:\n${differences.join("\n")}`,
    );
  return names.map((name) => ({ from: join(folder, name), to: join(to, name) }));
}
