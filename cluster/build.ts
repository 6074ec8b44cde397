import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { withLock } from "./lock.ts";
import { cacheFolder, modulesFolder } from "./paths.ts";
import type { Program } from "./pins.ts";
import { elapsed, type Print, step } from "./progress.ts";
import { run } from "./shell.ts";

const goEnvironment = { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" };
/** Compilers live for seconds: collecting less garbage saves a fifth of their time. Changes nothing in what they make. */
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

/** Builds what the cache does not hold, one program after another. Interrupted, it leaves whole programs or none. */
export async function buildPrograms(programs: readonly Program[], print: Print): Promise<void> {
  if (programs.every((program) => existsSync(programPath(program)))) return;
  await withLock(join(cacheFolder, "build.lock"), print, async () => {
    const missing = programs.filter((program) => !existsSync(programPath(program)));
    if (missing.length === 0) return; // another process built them while this one waited
    sweep(join(cacheFolder, "programs"));
    await checkGo();
    const started = performance.now();
    const minutes = missing.reduce((sum, program) => sum + program.minutes, 0);
    print(`building ${missing.length} Go programs; with an empty Go cache on two cores this takes about ${minutes} ${minutes === 1 ? "minute" : "minutes"}, once`);
    for (const [index, program] of missing.entries()) {
      await step(`toolchain ${index + 1}/${missing.length} ${program.name}`, print, () => build(program));
    }
    print(`toolchain built in ${elapsed(started)}, kept in ${cacheFolder}`);
  });
}

/** Removes work folders that a killed build left; the lock says that none is in use. */
export function sweep(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (/\.(building|packing)-\d+/.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

async function checkGo(): Promise<void> {
  const output = await run("go", ["env", "GOVERSION"]).catch(() => undefined);
  const wanted = oldestGo.join(".");
  if (output === undefined) throw new Error(`the toolchain is built with Go, and there is no "go" on PATH: install Go ${wanted} or newer, or Pulumi and a k3d or kind cluster of your own`);
  const [, major = "0", minor = "0"] = /^go(\d+)\.(\d+)/.exec(output.trim()) ?? [];
  if (Number(major) * 1000 + Number(minor) < oldestGo[0] * 1000 + oldestGo[1]) {
    throw new Error(`"go" on PATH is ${output.trim()}, and the toolchain needs Go ${wanted} or newer`);
  }
}

async function build(program: Program): Promise<void> {
  const target = programPath(program);
  const work = `${dirname(target)}.building-${process.pid}`;
  const clean = () => rmSync(work, { recursive: true, force: true });
  process.once("exit", clean);
  try {
    // A copy, so that a build never writes into the checkout.
    const folder = join(work, program.module);
    cpSync(join(modulesFolder, program.module), folder, { recursive: true });
    if (program.embeds) await copyEmbedded(program, folder);
    const variables = Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
    const built = join(work, "built", program.name);
    await run("go", ["build", "-p", String(availableParallelism()), "-trimpath", "-ldflags", ["-s -w", ...variables].join(" "), "-o", built, program.package], { cwd: folder, env: { ...goEnvironment, ...hurry } });
    mkdirSync(dirname(target), { recursive: true });
    renameSync(built, target);
  } finally {
    process.off("exit", clean);
    clean();
  }
}

async function copyEmbedded({ embeds, package: folder }: Program, module: string): Promise<void> {
  const { Dir } = JSON.parse(await run("go", ["list", "-m", "-json", embeds!.module], { cwd: module, env: goEnvironment })) as { Dir?: string };
  const source = Dir ?? (JSON.parse(await run("go", ["mod", "download", "-json", embeds!.module], { cwd: module, env: goEnvironment })) as { Dir: string }).Dir;
  for (const file of embeds!.files) {
    copyFileSync(join(source, embeds!.folder, file), join(module, folder, file));
    chmodSync(join(module, folder, file), 0o644);
  }
}
