import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkout } from "../../scripts/support/checkout.ts";

/** A change of one file: each text must be there exactly once. */
export type Edits = Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>;

/** Caches, which are keyed by what they hold. */
const caches = ["bundles", "compile-cache"];
/** What makes an update one of the same stack. */
const engineState = ["backend", "passphrase", "pulumi", "stacks"];

/**
 * Copies the project's files to a new folder and changes some, as a colleague's branch would. It shares the
 * dependencies,
 * the caches and, when asked, the engine's state, so that an update from it goes to the same stack.
 */
export function copyCheckout(edits: Edits, { sharedState = false } = {}): string {
  const copy = mkdtempSync(join(tmpdir(), "platform-copy-"));
  try {
    fill(copy, edits, sharedState ? [...caches, ...engineState] : caches);
    return copy;
  } catch (error) {
    rmSync(copy, { recursive: true });
    throw error;
  }
}

function fill(copy: string, edits: Edits, shared: readonly string[]): void {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: checkout,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file && existsSync(join(checkout, file)));
  for (const file of files) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(checkout, file), join(copy, file));
  }
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  mkdirSync(join(copy, ".state"));
  for (const name of caches) mkdirSync(join(checkout, ".state", name), { recursive: true });
  for (const name of shared) symlinkSync(join(checkout, ".state", name), join(copy, ".state", name));
  for (const [file, replacements] of Object.entries(edits)) {
    let text = readFileSync(join(copy, file), "utf8");
    for (const [from, to] of replacements) {
      const count = text.split(from).length - 1;
      if (count !== 1)
        throw new Error(
          `${file} has ${count} places that say ${JSON.stringify(from)}, and exactly one is to be changed`,
        );
      text = text.replace(from, () => to);
    }
    writeFileSync(join(copy, file), text);
  }
}
