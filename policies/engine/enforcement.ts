import { type ProfileName, profiles } from "../profiles/profiles.ts";
import type { Rule, Severity } from "../rules/rule.ts";

/**
 * What a finding does: `mandatory` stops an update or a check, `advisory` is only said, and a `disabled` rule does not
 * look.
 */
export const levels = ["mandatory", "advisory", "disabled"] as const;

/** One of {@link levels}. */
export type EnforcementLevel = (typeof levels)[number];

/** What settings say about the findings of rules. */
export interface Enforcement {
  /** Which rules look. @default strict */
  readonly profile: ProfileName;
  /** What a finding of a rule does, by the rule's id. @default by the rule's severity, see {@link levelOf} */
  readonly enforcement: Readonly<Partial<Record<string, EnforcementLevel>>>;
}

/** From the least to the most harm. */
export const severities = ["low", "medium", "high", "critical"] as const satisfies readonly Severity[];

/**
 * What a rule's findings do: as the settings say, else as the profile holds it and by its severity. `blocksFrom` is the
 * lowest that blocks.
 * @default the profile's
 */
export function levelOf(
  rule: Pick<Rule, "id" | "severity" | "sources">,
  { enforcement, profile }: Enforcement,
  blocksFrom = profiles[profile].blocksFrom,
): EnforcementLevel {
  const own = enforcement[rule.id];
  if (own !== undefined) return own;
  if (!profiles[profile].holds(rule)) return "disabled";
  return severities.indexOf(rule.severity) >= severities.indexOf(blocksFrom) ? "mandatory" : "advisory";
}
