import { levelOf } from "../../engine/enforcement.ts";
import { profilesOf } from "../../profiles/profiles.ts";
import type { ProfileName } from "../../profiles/profiles.ts";
import type { Admission, Rule, Sources } from "../../rules/rule.ts";
import { settingsSchema } from "../../engine/settings.ts";

/** A number that a team can set for a rule. */
export interface RuleSetting {
  readonly name: string;
  readonly description: string;
  readonly value: string;
}

/** What can be set for a rule, with its default. */
export function settingsOf(rule: Rule): RuleSetting[] {
  const properties = (settingsSchema(rule.id)?.properties ?? {}) as Readonly<
    Record<string, { description?: string; default?: unknown }>
  >;
  return Object.entries(properties).map(([name, { description = "", default: value }]) => ({
    name,
    description,
    value: JSON.stringify(value),
  }));
}

/** What a rule's findings do in a profile; empty where the rule does not look. */
export function levelIn(rule: Rule, profile: ProfileName): "" | "blocks" | "advises" {
  const level = levelOf(rule, { profile, enforcement: {} });
  return level === "disabled" ? "" : level === "mandatory" ? "blocks" : "advises";
}

/** The profiles that hold a rule, and what its findings do in each. */
export function profilesText(rule: Rule): string {
  return profilesOf(rule)
    .map((name) => `${name} (${levelIn(rule, name)})`)
    .join(", ");
}

/** Where else the same is asked for: one entry a framework or scanner. */
export function sourcesOf({ podSecurity, cis = [], scanners = [] }: Sources = {}): string[] {
  return [
    ...(podSecurity === undefined ? [] : [`Pod Security ${podSecurity.level}: ${podSecurity.control}`]),
    ...cis.map((number) => `CIS ${number}`),
    ...scanners,
  ];
}

/** Why an API server cannot decide the rule; undefined where it can. */
export function beyondCel(admission: Admission): string | undefined {
  return "beyondCel" in admission ? admission.beyondCel : undefined;
}

/** Everything about one rule, for a terminal. */
export function explain(rule: Rule): string {
  const settings = settingsOf(rule);
  const sources = sourcesOf(rule.sources);
  const beyond = beyondCel(rule.admission);
  return `${[
    `${rule.id}: ${rule.title}`,
    "",
    `why         ${rule.rationale}`,
    `severity    ${rule.severity}`,
    `profiles    ${profilesText(rule)}`,
    `rows        ${rule.row.join(", ")}`,
    `looks at    ${rule.kinds[0] === "*" ? "every kind" : rule.kinds.join(", ")}${rule.scope === "stack" ? ", in the light of all other objects" : ""}`,
    `admission   ${beyond === undefined ? "the API server decides it as well" : `not by the API server: ${beyond}`}`,
    ...(sources.length === 0 ? [] : [`also in     ${sources.join("; ")}`]),
    "",
    "write:",
    ...rule.remediation.split("\n").map((line) => `  ${line}`),
    ...(settings.length === 0
      ? []
      : [
          "",
          `settings (policies.${rule.id}):`,
          ...settings.map(({ name, description, value }) => `  ${name}: ${value}   ${description}`),
        ]),
  ].join("\n")}\n`;
}
