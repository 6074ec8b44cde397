import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "../../components/systems/target.ts";
import type { Manifest } from "../../scripts/support/declared-objects.ts";
import { renderedFolder } from "../../scripts/support/rendered-folder.ts";

/** What a stack declares, and what it tells operations. */
export interface Rendered {
  readonly objects: readonly Manifest[];
  readonly targets: readonly Target[];
}

const known = new Map<string, Promise<Rendered>>();

/**
 * A stack as the first worker that asks renders it, for all of them, frozen: who changes it takes a copy. A file that
 * is run by hand renders for itself.
 */
export function renderedOnce(stack: string, render: () => Promise<Rendered>): Promise<Rendered> {
  let rendered = known.get(stack);
  if (rendered === undefined)
    known.set(
      stack,
      (rendered = textOf(stack, render).then(
        (text) => JSON.parse(text, (_, value: unknown) => Object.freeze(value)) as Rendered,
      )),
    );
  return rendered;
}

async function textOf(stack: string, render: () => Promise<Rendered>): Promise<string> {
  const folder = process.env[renderedFolder];
  if (folder === undefined) return JSON.stringify(await render());
  const file = join(folder, `${stack}.json`);
  if (!claimed(`${file}.claim`)) return kept(file);
  try {
    const text = JSON.stringify(await render());
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    return text;
  } catch (error) {
    writeFileSync(`${file}.failed`, String(error));
    throw error;
  }
}

function claimed(claim: string): boolean {
  try {
    mkdirSync(claim);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function kept(file: string): Promise<string> {
  for (const end = Date.now() + 45_000; !existsSync(file); await sleep(20)) {
    if (existsSync(`${file}.failed`))
      throw new Error(`another worker could not render it: ${readFileSync(`${file}.failed`, "utf8")}`);
    if (Date.now() > end) throw new Error(`no other worker has rendered ${file} within 45 s`);
  }
  return readFileSync(file, "utf8");
}
