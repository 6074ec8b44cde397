import { isNear } from "../settings/nearest-name.ts";
import { SettingsError } from "./settings.ts";

/** What a stack's configuration has under `policies`, whatever its project; undefined where it has nothing. Throws a {@link SettingsError} for a name that is nearly this one. */
export function policiesOf(config: Readonly<Record<string, unknown>>): unknown {
  const nameOf = (key: string) => key.slice(key.indexOf(":") + 1);
  const slip = Object.keys(config).find((key) => nameOf(key) !== "policies" && isNear(nameOf(key), "policies", 0.25));
  if (slip !== undefined) throw new SettingsError(`The policy settings are not valid:\n  ${slip}: there is no such setting; the nearest is "policies"`);
  return Object.entries(config).find(([key]) => nameOf(key) === "policies")?.[1];
}
