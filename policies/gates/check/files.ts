import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ProfileName } from "../../profiles/profiles.ts";
import { policiesOf } from "../../engine/settings-of-stack.ts";
import { parseSettings, SettingsError } from "../../engine/settings.ts";
import type { Settings } from "../../engine/settings.ts";
import { parseBaseline } from "./baseline.ts";
import type { Baseline } from "./baseline.ts";
import { UsageError } from "./rules-list.ts";
import { parse } from "./yaml.ts";

/**
 * Settings in the shape of a stack's `policies`, or those of a whole stack file; `profile` takes the place of theirs.
 * Throws a {@link UsageError}.
 */
export function readSettings(file: string | undefined, profile?: ProfileName): Settings {
  if (file === undefined) return parseSettings({ profile });
  const value = reading("settings", file, parse) as { config?: Record<string, unknown> } | undefined;
  try {
    const own = value?.config === undefined ? value : policiesOf(value.config);
    return parseSettings(
      profile === undefined || typeof own === "string" ? own : { ...(own as object | undefined), profile },
    );
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

/** A baseline. Throws a {@link UsageError}. */
export function readBaseline(file: string): Baseline {
  if (!existsSync(file)) throw new UsageError(`there is no baseline ${file}: write it by --write-baseline ${file}`);
  return reading("baseline", file, parseBaseline);
}

function reading<Value>(what: string, file: string, read: (text: string) => Value): Value {
  try {
    return read(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`the ${what} file ${file} cannot be used: ${(error as Error).message}`);
  }
}

/** Writes a file as a whole or not at all. Throws a {@link UsageError}. */
export function writeWhole(file: string, text: string): void {
  const aside = `${file}.new-${process.pid}`;
  try {
    writeFileSync(aside, text);
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
}
