import type { Rule, Severity } from "./rule.ts";
import type { Settings } from "./settings.ts";

/** What a finding does: `mandatory` stops an update or a check, `advisory` is only said, and a `disabled` rule does not look. */
export const levels = ["mandatory", "advisory", "disabled"] as const;

/** One of {@link levels}. */
export type EnforcementLevel = (typeof levels)[number];

const bySeverity: Readonly<Record<Severity, EnforcementLevel>> = { critical: "mandatory", high: "mandatory", medium: "mandatory", low: "advisory" };

/** What a rule's findings do: as the settings say, else by its severity. */
export function levelOf({ id, severity }: Pick<Rule, "id" | "severity">, { enforcement }: Pick<Settings, "enforcement">): EnforcementLevel {
  return enforcement[id] ?? bySeverity[severity];
}
