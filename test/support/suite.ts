import "../../patches/without-package-manager.ts";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkout } from "../../scripts/support/checkout.ts";
import { stackVariant } from "./stack-variant.ts";

/**
 * Renders our own stacks, in a worker whose files look at them. It comes before the files: AVA starts with the first
 * test that is declared,
 * and takes none after a pause.
 */
export const ownStacks = (): Promise<unknown> => Promise.all(["dev", "prod"].map((stack) => stackVariant(stack)));

/**
 * Loads the test files of some folders below `test/` into one worker: loading Pulumi, the program and AVA takes longer
 * than most files' tests do.
 * Folders below these are not theirs. Throws where a folder has no test file, and where a file has no test.
 */
export async function suite(...folders: readonly string[]): Promise<void> {
  // AVA switches source maps on, and Pulumi takes thousands of stack traces; Node.js strips types without moving a
  // line, so none is needed.
  process.setSourceMapsEnabled(false);
  for (const folder of folders) {
    const files = globSync(`${folder}/*.test.ts`, { cwd: join(checkout, "test") }).sort();
    if (files.length === 0) throw new Error(`test/${folder} holds no *.test.ts`);
    for (const file of files) {
      const path = join(checkout, "test", file);
      // AVA would notice a file without a test only where it runs alone.
      if (!/^\s*test(\.\w+)*\(/m.test(readFileSync(path, "utf8"))) throw new Error(`${file} holds no test`);
      await import(pathToFileURL(path).href);
    }
  }
}
