import type { Rule, Severity } from "../rules/rule.ts";
import { strictOnly } from "./strict-only.ts";

/** Choices of rules, from the fewest to all. */
export const profileNames = ["pod-security-baseline", "pod-security-restricted", "recommended", "strict"] as const;

/** One of {@link profileNames}. */
export type ProfileName = (typeof profileNames)[number];

/** What a profile needs to know of a rule. */
type Described = Pick<Rule, "id" | "sources">;

/** A choice of rules, and the lowest severity that blocks in it. What is below that is advice. */
export interface Profile {
  readonly purpose: string;
  readonly blocksFrom: Severity;
  holds(rule: Described): boolean;
  /** Numbers of rules that differ from the runbooks', by rule id. A team's own win. @default none */
  readonly numbers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Exceptions work in every profile, so that a broken one is said in each. */
const always = "X09-exception";

/** Each profile by its name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  "pod-security-baseline": {
    purpose: "the Pod Security Standard baseline, and nothing else",
    blocksFrom: "low",
    holds: ({ id, sources }) => id === always || sources?.podSecurity?.level === "baseline",
  },
  "pod-security-restricted": {
    purpose: "the Pod Security Standard restricted, and nothing else",
    blocksFrom: "low",
    holds: ({ id, sources }) => id === always || sources?.podSecurity !== undefined,
  },
  recommended: {
    purpose: "what an experienced reviewer would stop somebody's change for, or mention",
    blocksFrom: "high",
    holds: ({ id }) => !strictOnly.has(id),
    numbers: { "X02-container-resources": { requireCpuLimit: false }, "X03-probes": { required: ["readinessProbe"] } },
  },
  strict: { purpose: "every rule: for the stacks of this platform", blocksFrom: "medium", holds: () => true },
};

/** The profiles that hold a rule. */
export function profilesOf(rule: Described): ProfileName[] {
  return profileNames.filter((name) => profiles[name].holds(rule));
}
