import { isNear } from "../../settings/nearest-name.ts";
import { SettingsError } from "./settings.ts";

/**
 * What a stack's configuration has under `policies`, whatever its project; undefined where it has nothing. Throws a
 * {@link SettingsError} for a name that is nearly this one.
 */
export function policiesOf(config: Readonly<Record<string, unknown>>): unknown {
  const slip = Object.keys(config).find((key) => nameOf(key) !== "policies" && isNear(nameOf(key), "policies", 0.25));
  if (slip !== undefined)
    throw new SettingsError(
      `The policy settings are not valid:\n  ${slip}: there is no such setting; the nearest is "policies"`,
    );
  return underPolicies(config);
}

const nameOf = (key: string) => key.slice(key.indexOf(":") + 1);
const underPolicies = (config: Readonly<Record<string, unknown>>) =>
  Object.entries(config).find(([key]) => nameOf(key) === "policies")?.[1];

/**
 * The same of what the engine hands a policy pack in the environment, where each value is a text. Pulumi's own reader
 * of it loads a good part of its SDK.
 * Another name is the program's to refuse: it says more, and the engine prints it.
 */
export function handedOver({ PULUMI_CONFIG: config = "{}" }: NodeJS.ProcessEnv): unknown {
  const text = underPolicies(JSON.parse(config) as Record<string, string>) as string | undefined;
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new SettingsError(
      `The policy settings are not valid:\n  policies: is "${text}", and must be an object; docs/policies.md has them all`,
    );
  }
}
