import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { olderCliScripts } from "../patches/older-cli.ts";
import { buildPrograms, programPath } from "./build.ts";
import { cacheFolder } from "./paths.ts";
import { clusterPrograms, kubernetesParts, type Program, pulumiPrograms, versions } from "./pins.ts";
import type { Print } from "./progress.ts";

/**
 * The oldest Pulumi of the user's own that runs this project: the first that keeps a value with a stack (its resource
 * Stash).
 */
const oldestPulumi = [3, 208] as const;

export interface Toolchain {
  /** Folder with the cluster's programs, kubectl among them; it exists once the part "cluster" is ensured. */
  readonly clusterBin: string;
  /** Folder with our Pulumi; undefined where the user's own is used. */
  readonly pulumiBin: string | undefined;
}

/** Makes sure that the programs of a part are there, and builds what is missing. */
export async function ensureToolchain({
  parts,
  print = console.log,
}: {
  readonly parts: "pulumi" | "cluster" | "all";
  readonly print?: Print;
}): Promise<Toolchain> {
  const own = ownPulumi();
  const wanted = [parts !== "cluster" && !own ? pulumiPrograms : [], parts !== "pulumi" ? clusterPrograms : []];
  if (parts !== "cluster" && own) print(`using ${own.path} (${own.version})`);
  if (wanted.flat().length > 0) checkPlatform();
  await Promise.all(wanted.map((programs) => buildPrograms(programs, print)));
  const toolchain = { clusterBin: folderOf(clusterPrograms), pulumiBin: own ? undefined : folderOf(pulumiPrograms) };
  if (parts !== "pulumi") assemble(toolchain.clusterBin, linkClusterPrograms);
  if (parts !== "cluster" && toolchain.pulumiBin) assemble(toolchain.pulumiBin, linkPulumiPrograms);
  return toolchain;
}

function checkPlatform(): void {
  if (!["linux", "darwin"].includes(process.platform)) {
    throw new Error(
      `the toolchain builds on Linux and macOS, and this is ${process.platform}: install Pulumi ${oldestPulumi.join(".")} or newer and use a k3d or kind cluster`,
    );
  }
}

/** The user's own Pulumi, when it is new enough and has its Node.js language host. PLATFORM_PULUMI=built ignores it. */
function ownPulumi(): { path: string; version: string } | undefined {
  if (process.env["PLATFORM_PULUMI"] === "built") return undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.startsWith(cacheFolder));
  const folder = folders.find((candidate) => existsSync(join(candidate, "pulumi")));
  if (!folder || !existsSync(join(folder, "pulumi-language-nodejs"))) return undefined;
  const path = join(folder, "pulumi");
  const version =
    spawnSync(path, ["version"], {
      encoding: "utf8",
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    }).stdout?.trim() ?? "";
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) * 1000 + Number(minor) >= oldestPulumi[0] * 1000 + oldestPulumi[1]
    ? { path, version }
    : undefined;
}

const folderOf = (programs: readonly Program[]): string =>
  join(
    cacheFolder,
    "bin",
    createHash("sha256")
      .update(readFileSync(new URL(import.meta.url)))
      .update(programs.map(programPath).join("\n"))
      .update(JSON.stringify(olderCliScripts(versions.pulumi)))
      .digest("hex")
      .slice(0, 16),
  );

/** Fills a folder aside and puts it in place in one step. */
function assemble(folder: string, fill: (folder: string) => void): void {
  if (existsSync(folder)) return;
  const fresh = `${folder}.new-${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  fill(fresh);
  try {
    renameSync(fresh, folder);
  } catch {
    rmSync(fresh, { recursive: true, force: true }); // another process was faster
  }
}

function linkClusterPrograms(folder: string): void {
  for (const program of clusterPrograms) symlinkSync(programPath(program), join(folder, program.name));
  for (const part of kubernetesParts) symlinkSync("kubernetes", join(folder, part));
}

function linkPulumiPrograms(folder: string): void {
  const place = (name: string, target: string) =>
    placeProgram(programPath(pulumiPrograms.find((program) => program.name === name)!), join(folder, target));
  place("pulumi", "pulumi");
  const scripts = olderCliScripts(versions.pulumi);
  const host = "pulumi-language-nodejs";
  place(host, host in scripts ? `${host}-host` : host);
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  for (const [name, version] of [
    ["kubernetes", versions.kubernetesProvider],
    ["random", versions.randomProvider],
  ] as const) {
    const plugin = join("plugins", `resource-${name}-v${version}`);
    mkdirSync(join(folder, plugin), { recursive: true });
    place(`pulumi-resource-${name}`, join(plugin, `pulumi-resource-${name}`));
  }
}

/** The CLI looks for its helpers beside its own real path, so a symbolic link will not do. */
function placeProgram(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/**
 * The environment in which `pulumi` runs for this checkout: its own home, a file backend and a passphrase in the
 * checkout's ignored state folder, so that no login is asked for and the user's own is never touched.
 */
export function pulumiEnvironment(checkout: string): Record<string, string> {
  const state = join(checkout, ".state");
  const home = join(state, "pulumi");
  mkdirSync(join(state, "backend"), { recursive: true });
  mkdirSync(home, { recursive: true });
  const own = ownPulumi();
  const bin = folderOf(pulumiPrograms);
  if (!own) linkPlugins(bin, home);
  const path = [
    ...(own ? [] : [bin]),
    join(checkout, "node_modules/.bin"),
    folderOf(clusterPrograms),
    process.env["PATH"] ?? "",
  ];
  const chosen =
    process.env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || process.env["PULUMI_CONFIG_PASSPHRASE_FILE"] !== undefined;
  return {
    ...(process.env as Record<string, string>),
    PATH: path.join(delimiter),
    PULUMI_HOME: home,
    // No file of attributes beside the state, with its checksum: the state is written after every step.
    PULUMI_BACKEND_URL: `file://${join(state, "backend")}?metadata=skip`,
    // It is the same copy that the engine's history of updates has.
    PULUMI_DISABLE_CHECKPOINT_BACKUPS: "true",
    // Encoding the state leaves much behind: collecting it half as often saves a tenth of an update, for memory that is
    // there.
    GOGC: process.env["GOGC"] ?? "200",
    ...(chosen ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(state) }),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Steps wait for pods far more than they work, and the engine's default is four a core.
    PULUMI_PARALLEL: process.env["PULUMI_PARALLEL"] ?? "64",
    // Node.js keeps what it compiled, so that the program starts faster the next time.
    NODE_COMPILE_CACHE: join(state, "compile-cache"),
    // Our CLI takes the providers that were built with it, and neither another one that lies on PATH nor one from the
    // network.
    ...(own ? {} : { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true", PULUMI_IGNORE_AMBIENT_PLUGINS: "true" }),
  };
}

/** Links each plugin's program; its folder has to be a real one for the CLI to see it. */
function linkPlugins(bin: string, home: string): void {
  for (const name of readdirSync(join(bin, "plugins"))) {
    const folder = join(home, "plugins", name);
    mkdirSync(folder, { recursive: true });
    for (const program of readdirSync(join(bin, "plugins", name))) {
      const fresh = join(folder, `.${program}.new-${process.pid}`);
      symlinkSync(join(bin, "plugins", name, program), fresh);
      renameSync(fresh, join(folder, program));
    }
  }
}

function passphraseFile(state: string): string {
  const file = join(state, "passphrase");
  try {
    writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return file;
}
