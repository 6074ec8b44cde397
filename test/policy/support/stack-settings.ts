import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseSettings } from "../../../policies/engine/settings.ts";
import type { Settings } from "../../../policies/engine/settings.ts";

/** The rules' settings of a stack, as the engine hands them to the policy pack: `policies` in its file. */
export function stackSettings(stack: string): Settings {
  const { config = {} } = parse(readFileSync(new URL(`../../../Pulumi.${stack}.yaml`, import.meta.url), "utf8")) as {
    config?: Record<string, unknown>;
  };
  return parseSettings(config["production-platform:policies"]);
}
