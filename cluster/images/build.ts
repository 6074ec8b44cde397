import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../paths.ts";
import { run } from "../shell.ts";
import { undoing } from "../undo.ts";
import { writeArchive } from "./archive.ts";
import { checksumFile, mavenFiles } from "./maven.ts";
import type { Recipe } from "./recipe.ts";

/**
 * The path carries a hash of the recipe and of the files it copies; Debian's packages are as new as the day of the
 * build.
 */
export function archivePath(recipe: Recipe): string {
  const { files, maven, program: _, ...rest } = recipe;
  const hash = createHash("sha256")
    .update(JSON.stringify({ ...rest, files: files.map(({ to }) => to), maven: maven?.to }))
    .update(readFileSync(new URL(import.meta.url)));
  const sources = [...files.map(({ from }) => from), ...(maven ? [maven.pom, checksumFile(maven.pom)] : [])];
  for (const source of sources) hash.update(readFileSync(source));
  return join(cacheFolder, "images", `${recipe.name.replace(/[^\w.-]+/g, "_")}-${hash.digest("hex").slice(0, 12)}.tar`);
}

/** Makes the archive of an image. Throws with what the package manager said when that fails. */
export async function buildImage(recipe: Recipe, file: string): Promise<void> {
  const work = `${file}.building-${process.pid}`;
  const clean = () => rmSync(work, { recursive: true, force: true });
  await undoing(clean, async () => {
    mkdirSync(work, { recursive: true });
    const layer = join(work, "layer.tar");
    const files = [...recipe.files, ...(recipe.maven ? await mavenFiles(recipe.maven, work) : [])];
    if (recipe.packages) await debianLayer({ ...recipe, files }, layer, work);
    else await fileLayer(files, layer, work);
    await writeArchive(file, recipe.name, layer, recipe.config);
  });
}

async function debianLayer(
  { packages, suite = "bookworm", user, files, afterwards = [] }: Recipe,
  layer: string,
  work: string,
): Promise<void> {
  const userHook =
    user &&
    [
      `echo '${user.name}:x:${user.id}:' >>"$1/etc/group"`,
      `echo '${user.name}:x:${user.id}:${user.id}::${user.home}:/bin/bash' >>"$1/etc/passwd"`,
      `echo '${user.name}:*:19000:0:99999:7:::' >>"$1/etc/shadow"`,
      // A package that would make a database or start a server on installation must not.
      'mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"',
    ].join("; ");
  const copies = files.map(({ from, to }) => `install -D -m 755 '${from}' "$1/${to}"`);
  const hooks = [...copies, ...afterwards].map((hook) => `--customize-hook=${hook}`);
  await run(
    "mmdebstrap",
    [
      "--variant=essential",
      "--mode=root",
      `--include=${packages!.join(",")}`,
      "--dpkgopt=path-exclude=/usr/share/doc/*",
      "--dpkgopt=path-exclude=/usr/share/man/*",
      "--dpkgopt=path-exclude=/usr/share/locale/*",
      "--aptopt=APT::Install-Recommends false",
      "--skip=cleanup/run", // recipes make their sockets' folders there
      // Java's package links the alternatives of its manual pages there, and fails without the folder.
      '--essential-hook=mkdir -p "$1/usr/share/man/man1"',
      ...(userHook ? [`--essential-hook=${userHook}`] : []),
      ...hooks,
      // Its list is signed for a week only, and a mirror may be older than that.
      ...(suite === "sid" ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
      suite,
      layer,
    ],
    { env: { TMPDIR: work } },
  );
}

async function fileLayer(files: Recipe["files"], layer: string, work: string): Promise<void> {
  const root = join(work, "root");
  for (const { from, to } of files) await run("install", ["-D", "-m", "755", from, join(root, to)]);
  await run("tar", ["-C", root, "--owner=0", "--group=0", "--numeric-owner", "-cf", layer, "."]);
}
