import type { Rule } from "../rule.ts";
import { autoscalingRules } from "./autoscaling.ts";
import { availabilityRules } from "./availability.ts";
import { backupRules } from "./backups.ts";
import { credentialRules } from "./credentials.ts";
import { exceptionRule } from "./exceptions.ts";
import { imageRules } from "./images.ts";
import { jobRules } from "./jobs.ts";
import { networkRules } from "./network.ts";
import { podSecurityRules } from "./pod-security.ts";
import { postgresRules } from "./postgres.ts";
import { probeRules } from "./probes.ts";
import { redisRules } from "./redis.ts";
import { resourceRules } from "./resources.ts";

const concerns: readonly Rule[] = [
  ...podSecurityRules, ...resourceRules, ...probeRules, ...availabilityRules, ...networkRules, ...credentialRules,
  ...backupRules, ...imageRules, ...jobRules, ...postgresRules, ...redisRules, ...autoscalingRules,
];

/** Every rule as of a day (`YYYY-MM-DD`), which decides whether an exception has expired. */
export function rulesAsOf(today: string): readonly Rule[] {
  return [...concerns, exceptionRule(new Set(concerns.map(({ id }) => id)), today)];
}
