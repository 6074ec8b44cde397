import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../shell.ts";

/** What an image says about how to run it. */
export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly user?: string;
  readonly stopSignal?: string;
  readonly volumes?: readonly string[];
  /** What the image really is, beside the name it stands in for. */
  readonly description: string;
}

const architecture = { x64: "amd64", arm64: "arm64" }[process.arch as "x64" | "arm64"] ?? process.arch;

/**
 * Packs one layer into an archive that `ctr images import` takes. Written aside and moved: it is whole or not there.
 */
export async function writeArchive(file: string, name: string, layer: string, config: ImageConfig): Promise<void> {
  const work = `${file}.packing-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    const hash = createHash("sha256");
    await pipeline(createReadStream(layer), hash);
    const layerId = hash.digest("hex");
    const image = JSON.stringify({
      architecture,
      os: "linux",
      config: {
        Env: Object.entries({
          PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          ...config.environment,
        }).map(([key, value]) => `${key}=${value}`),
        ...(config.entrypoint && { Entrypoint: config.entrypoint }),
        ...(config.command && { Cmd: config.command }),
        ...(config.workingDirectory && { WorkingDir: config.workingDirectory }),
        ...(config.user && { User: config.user }),
        ...(config.stopSignal && { StopSignal: config.stopSignal }),
        ...(config.volumes && { Volumes: Object.fromEntries(config.volumes.map((path) => [path, {}])) }),
        Labels: { "org.opencontainers.image.description": config.description },
      },
      rootfs: { type: "layers", diff_ids: [`sha256:${layerId}`] },
    });
    const imageId = createHash("sha256").update(image).digest("hex");
    writeFileSync(join(work, `${imageId}.json`), image);
    writeFileSync(
      join(work, "manifest.json"),
      JSON.stringify([{ Config: `${imageId}.json`, RepoTags: [name], Layers: [`${layerId}.tar`] }]),
    );
    renameSync(layer, join(work, `${layerId}.tar`));
    await run("tar", ["-C", work, "-cf", `${work}.tar`, `${imageId}.json`, "manifest.json", `${layerId}.tar`]);
    if (statSync(`${work}.tar`).size === 0) throw new Error(`${name}: the archive is empty`);
    renameSync(`${work}.tar`, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(`${work}.tar`, { force: true });
  }
}
