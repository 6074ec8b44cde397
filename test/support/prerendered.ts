import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "../../components/systems/target.ts";
import type { Manifest } from "../../scripts/support/declared-objects.ts";

/** Names the folder with what `render-stacks.ts` wrote at the beginning of this run of the tests. */
export const prerenderedFolder = "PRERENDERED_STACKS";

/** What a stack declares, and what it tells operations. */
export interface Rendered {
  readonly objects: Manifest[];
  readonly targets: readonly Target[];
}

/** A stack as this run of the tests rendered it once for all files; undefined where nothing did, as for a file run by hand. */
export function prerendered(stack: string): Rendered | undefined {
  const folder = process.env[prerenderedFolder];
  const file = folder && join(folder, `${stack}.json`);
  return file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as Rendered : undefined;
}
