import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { parse, stringify } from "yaml";
import { copyCheckout } from "./checkout-copy.ts";

/** Values of a stack's file to change, by their path: "bgc-platform.postgres.storage". */
export type SettingChanges = Readonly<Record<string, unknown>>;

/**
 * A copy of the checkout, the file Pulumi.dev.yaml of which says something else, and an update from which goes to the
 * same stack. Goes with the test.
 */
export function changedStack(t: ExecutionContext, changes: SettingChanges): string {
  const folder = copyCheckout({}, { sharedState: true });
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "Pulumi.dev.yaml");
  const file = parse(readFileSync(path, "utf8")) as { config: Record<string, any> };
  for (const [setting, value] of Object.entries(changes)) {
    const keys = setting.split(".");
    let place = file.config;
    keys[0] = `production-platform:${keys[0]}`;
    for (const key of keys.slice(0, -1)) place = place[key] ??= {};
    place[keys.at(-1)!] = value;
  }
  writeFileSync(path, stringify(file));
  return folder;
}
