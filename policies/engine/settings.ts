import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { problemsOf } from "../../settings/problems.ts";
import { type Enforcement, levels } from "./enforcement.ts";
import { type RuleNumbers, ruleNumbers } from "../rules/numbers.ts";
import { profileNames, profiles } from "../profiles/profiles.ts";
import { rulesAsOf } from "../rules/index.ts";
import { overridesOf } from "./overrides.ts";
import type { Overridable } from "./overrides.ts";

const ruleIds = rulesAsOf("").map(({ id }) => id);

const schema = z.strictObject({
  ...ruleNumbers,
  profile: z
    .enum(profileNames)
    .default("strict")
    .describe("Which rules look, and the lowest severity that blocks; docs/guardrails.md says what each is for"),
  overrides: overridesOf(ruleNumbers),
  enforcement: z
    .strictObject(Object.fromEntries(ruleIds.map((id) => [id, z.enum(levels).optional()])))
    .prefault({})
    .describe(
      "What a finding of a rule does, by the rule's id: mandatory stops an update, advisory only says it, disabled does not look",
    ),
  strict: z
    .boolean()
    .default(false)
    .describe("Whether a verdict that cannot be given, because a value is not known yet, counts as a violation"),
});

/**
 * All numbers the rules compare with, where they differ, and what a finding does. A rule is given those of its object.
 */
export interface Settings extends RuleNumbers, Enforcement, Overridable {
  /** Whether a verdict that is left open is a finding. @default false */
  readonly strict: boolean;
}

/** Refused settings: every problem at once, each with its path. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

let defaults: Settings | undefined;

/**
 * The settings with a team's own values over the defaults, which are worked out once. Throws a {@link SettingsError}
 * that names each wrong value.
 */
export function parseSettings(own?: unknown): Settings {
  return own === undefined || own === null ? (defaults ??= parsed({})) : parsed(own);
}

function parsed(own: unknown): Settings {
  const result = schema.safeParse(own);
  if (result.success) return withProfileNumbers(result.data as Settings, own as Numbers);
  const problems = problemsOf(result.error, schema, own, {
    instead: (key) => (ruleIds.includes(key) ? "this rule has no settings" : undefined),
    all: "docs/policies.md",
  });
  throw new SettingsError(
    ["The policy settings are not valid:", ...problems.map((problem) => `  ${problem}`)].join("\n"),
  );
}

type Numbers = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

/** The numbers of the profile, where a team has none of its own. */
function withProfileNumbers(settings: Settings, own: Numbers): Settings {
  const sections = settings as unknown as Numbers;
  const numbers = Object.entries(profiles[settings.profile].numbers ?? {}).map(([id, section]) => [
    id,
    { ...sections[id], ...section, ...own[id] },
  ]);
  return { ...settings, ...Object.fromEntries(numbers) };
}

/** Settings in which one rule has some numbers of its own. Throws a {@link SettingsError}. */
export function withNumbers(settings: Settings, ruleId: string, numbers: object): Settings {
  // The engine sends each rule all of its numbers, changed or not.
  const same =
    Object.keys(numbers).length === 0 || isDeepStrictEqual(numbers, (settings as unknown as Numbers)[ruleId]);
  return same ? settings : parseSettings({ ...settings, [ruleId]: numbers });
}

/**
 * JSON schema of what can be set for one rule, with what is set now as defaults; undefined for rules without numbers.
 */
export function settingsSchema(
  ruleId: string,
  settings: Settings = parseSettings(),
): { properties: Record<string, object> } | undefined {
  const section = (ruleNumbers as Record<string, z.ZodType | undefined>)[ruleId];
  if (section === undefined) return undefined;
  const { properties = {} } = z.toJSONSchema(section, { io: "input" });
  const current = settings[ruleId as keyof RuleNumbers] as Readonly<Record<string, unknown>>;
  return {
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, { ...(property as object), default: current[name] }]),
    ),
  };
}
