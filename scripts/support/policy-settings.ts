import { policiesOf } from "../../policies/engine/settings-of-stack.ts";
import { parseSettings } from "../../policies/engine/settings.ts";
import type { Settings } from "../../policies/engine/settings.ts";

/** The rules' settings of a stack, from its configuration. Throws a `SettingsError` that names each wrong value. */
export function policySettings(configuration: Readonly<Record<string, string>>): Settings {
  const own = policiesOf(configuration) as string | undefined;
  return parseSettings(own === undefined ? undefined : valueOf(own));
}

/** Plain strings are stored without quotes. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
