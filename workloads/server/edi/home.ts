import { access, constants, mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { Gauge } from "prom-client";
import { word } from "../environment.ts";
import type { Check } from "../http/health.ts";
import type { Runtime } from "../role.ts";
import { shared } from "./shared.ts";

/** Where the data volume is mounted (E07). */
export const homeVariables = { BOTS_HOME: word("the path of the data volume").default("/home/bots/.bots") };

/** Folders of the data volume. */
export interface Home {
  readonly root: string;
  /** Partners' files arrive here. */
  readonly infile: string;
  /** Acknowledgements leave from here. */
  readonly outfile: string;
  /** Imported files stay here, as *.old. */
  readonly data: string;
}

export const homeAt = (root: string): Home => ({
  root,
  infile: join(root, "botssys/infile"),
  outfile: join(root, "botssys/outfile"),
  data: join(root, "botssys/data"),
});

/**
 * Makes the folders of a new volume. Rejects when the volume is not there, instead of filling the place where it should
 * be.
 */
export async function makeFolders({ root, infile, outfile, data }: Home): Promise<void> {
  await access(root, constants.W_OK);
  for (const folder of [infile, outfile, data]) await mkdir(folder, { recursive: true });
}

/** Passes when every folder can be written to. */
export function homeCheck({ infile, outfile, data }: Home): Check {
  const run = shared(async () => {
    for (const folder of [data, infile, outfile])
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return "present and writable";
  });
  return { name: "paths", need: "required", run };
}

/**
 * How full the data volume is, from inside: drivers such as local-path report no volume metrics (E18). Where a volume
 * is
 * a folder of the node's disk, the numbers are those of that disk, which is what will run full.
 */
export function exportVolumeUsage({ root }: Pick<Home, "root">, registry: Runtime["metrics"]["registry"]): void {
  const usage = shared(() => statfs(root).catch(() => undefined));
  const gauge = (
    name: string,
    help: string,
    bytes: (stats: {
      readonly bsize: number;
      readonly blocks: number;
      readonly bfree: number;
      readonly bavail: number;
    }) => number,
  ) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const stats = await usage();
        this.set(stats ? bytes(stats) : Number.NaN);
      },
    });
  gauge(
    "bots_volume_used_bytes",
    "Bytes in use on the data volume",
    ({ bsize, blocks, bfree }) => (blocks - bfree) * bsize,
  );
  // Without what is reserved for root, so that used against capacity is what df calls Use%.
  gauge(
    "bots_volume_capacity_bytes",
    "Bytes that the data volume can hold",
    ({ bsize, blocks, bfree, bavail }) => (blocks - bfree + bavail) * bsize,
  );
}
