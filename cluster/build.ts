import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { removeLeftovers } from "./leftovers.ts";
import { withLock } from "./lock.ts";
import { cacheFolder, modulesFolder } from "./paths.ts";
import type { Program } from "./pins.ts";
import { elapsed, type Print, step } from "./progress.ts";
import { run } from "./shell.ts";
import { undoing } from "./undo.ts";

const goEnvironment = { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" };
/**
 * Compilers live for seconds: collecting less garbage saves a fifth of their time. Changes nothing in what they make.
 */
const hurry = { GOGC: "400", GOMEMLIMIT: "3GiB" };
const oldestGo = [1, 26] as const;

/** Where a program lies once it is built: its path carries the hash of its sources, pins and build flags. */
export function programPath(program: Program): string {
  const { minutes: _, ...pins } = program;
  const hash = createHash("sha256").update(JSON.stringify([pins, goEnvironment, process.platform, process.arch]));
  for (const file of moduleFiles(join(modulesFolder, program.module), program.embeds?.files ?? [])) {
    hash.update(file).update(readFileSync(join(modulesFolder, program.module, file)));
  }
  return join(cacheFolder, "programs", hash.digest("hex").slice(0, 16), program.name);
}

/** Files of a module in a fixed order, without those that a build copies in. */
function moduleFiles(folder: string, embedded: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !embedded.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/**
 * Builds what the cache does not hold, one program after another; two calls build beside each other, and a program that
 * both want once.
 * Interrupted, it leaves whole programs or none.
 */
export async function buildPrograms(programs: readonly Program[], print: Print): Promise<void> {
  const missing = programs.filter((program) => !existsSync(programPath(program)));
  if (missing.length === 0) return;
  await checkGo();
  sweep(join(cacheFolder, "programs"));
  const started = performance.now();
  const minutes = missing.reduce((sum, program) => sum + program.minutes, 0);
  print(
    `building ${missing.length} Go programs; with an empty Go cache on two cores this takes about ${minutes} ${minutes === 1 ? "minute" : "minutes"}, once`,
  );
  const fetched = fetchModules(missing);
  for (const program of missing) await once(program, print);
  await fetched;
  print(`${missing.map(({ name }) => name).join(", ")} built in ${elapsed(started)}, kept in ${cacheFolder}`);
}

const underway = new Map<string, Promise<void>>();

/** Builds a program unless this process or another one does so already, and waits for it then. */
function once(program: Program, print: Print): Promise<void> {
  const path = programPath(program);
  const building =
    underway.get(path) ??
    withLock(`${dirname(path)}.lock`, print, async () => {
      if (!existsSync(path)) await step(`toolchain: ${program.name}`, print, () => build(program));
    }).finally(() => underway.delete(path));
  underway.set(path, building);
  return building;
}

/**
 * Fetches the modules of programs ahead of their compilers, which would wait for the network. What fails here fails in
 * the build, which says why.
 */
async function fetchModules(programs: readonly Program[]): Promise<void> {
  for (const program of programs)
    await run("go", ["list", "-e", "-deps", ...tagsOf(program), program.package], {
      cwd: join(modulesFolder, program.module),
      env: goEnvironment,
    }).catch(() => {});
}

const tagsOf = ({ tags }: Program): string[] => (tags === undefined ? [] : ["-tags", tags.join(",")]);

/** Removes work folders that killed builds left. */
export const sweep = (folder: string): void => removeLeftovers(folder, /\.(?:building|packing)-(\d+)/);

async function checkGo(): Promise<void> {
  const output = await run("go", ["env", "GOVERSION"]).catch(() => undefined);
  const wanted = oldestGo.join(".");
  if (output === undefined)
    throw new Error(
      `the toolchain is built with Go, and there is no "go" on PATH: install Go ${wanted} or newer, or Pulumi and a k3d or kind cluster of your own`,
    );
  const [, major = "0", minor = "0"] = /^go(\d+)\.(\d+)/.exec(output.trim()) ?? [];
  if (Number(major) * 1000 + Number(minor) < oldestGo[0] * 1000 + oldestGo[1]) {
    throw new Error(`"go" on PATH is ${output.trim()}, and the toolchain needs Go ${wanted} or newer`);
  }
}

async function build(program: Program): Promise<void> {
  const target = programPath(program);
  const work = `${dirname(target)}.building-${process.pid}`;
  const clean = () => rmSync(work, { recursive: true, force: true });
  await undoing(clean, async () => {
    // A copy, so that a build never writes into the checkout.
    const folder = join(work, program.module);
    cpSync(join(modulesFolder, program.module), folder, { recursive: true });
    if (program.embeds) await copyEmbedded(program, folder);
    if (program.copy) await copyModule(program.copy, folder);
    const variables = Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
    const built = join(work, "built", program.name);
    await run(
      "go",
      [
        "build",
        "-p",
        String(availableParallelism()),
        "-trimpath",
        ...tagsOf(program),
        "-ldflags",
        ["-s -w", ...variables].join(" "),
        "-o",
        built,
        program.package,
      ],
      { cwd: folder, env: { ...goEnvironment, ...hurry } },
    );
    mkdirSync(dirname(target), { recursive: true });
    renameSync(built, target);
  });
}

async function copyModule({ module, from, to, file, by }: NonNullable<Program["copy"]>, folder: string): Promise<void> {
  const { Dir } = JSON.parse(
    await run("go", ["mod", "download", "-json", module], { cwd: join(folder, from), env: goEnvironment }),
  ) as { Dir: string };
  await run("cp", ["-R", Dir, join(folder, to)]);
  await run("chmod", ["-R", "u+w", join(folder, to)]); // Go's own cache is read-only
  copyFileSync(join(folder, by), join(folder, to, file));
}

async function copyEmbedded({ embeds, package: folder }: Program, module: string): Promise<void> {
  const { Dir } = JSON.parse(
    await run("go", ["list", "-m", "-json", embeds!.module], { cwd: module, env: goEnvironment }),
  ) as { Dir?: string };
  const source =
    Dir ??
    (
      JSON.parse(
        await run("go", ["mod", "download", "-json", embeds!.module], { cwd: module, env: goEnvironment }),
      ) as { Dir: string }
    ).Dir;
  for (const file of embeds!.files) {
    copyFileSync(join(source, embeds!.folder, file), join(module, folder, file));
    chmodSync(join(module, folder, file), 0o644);
  }
}
