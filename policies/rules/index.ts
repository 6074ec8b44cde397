import type { Rule } from "../rule.ts";
import { autoscalingRules } from "./autoscaling.ts";
import { availabilityRules } from "./availability.ts";
import { backupRules } from "./backups.ts";
import { connectionRules } from "./connections.ts";
import { contractServerRule } from "./contract-server.ts";
import { credentialRules } from "./credentials.ts";
import { databaseEgressRules } from "./database-egress.ts";
import { environmentRules } from "./environment.ts";
import { exceptionRule, unusedExceptionRule } from "./exceptions.ts";
import { imageRules } from "./images.ts";
import { ingressRules } from "./ingress.ts";
import { jobRules } from "./jobs.ts";
import { kafkaRules } from "./kafka.ts";
import { networkRules } from "./network.ts";
import { podSecurityRules } from "./pod-security.ts";
import { postgresRules } from "./postgres.ts";
import { probeRules } from "./probes.ts";
import { quotaRules } from "./quota.ts";
import { rbacRules } from "./rbac.ts";
import { redisRules } from "./redis.ts";
import { referenceRules } from "./references.ts";
import { resourceRules } from "./resources.ts";
import { secretRules } from "./secrets.ts";
import { serviceRules } from "./services.ts";
import { shutdownRules } from "./shutdown.ts";
import { storageRules } from "./storage.ts";
import { storeRules } from "./stores.ts";
import { tlsRules } from "./tls.ts";

const concerns: readonly Rule[] = [
  ...shutdownRules,
  ...environmentRules,
  ...podSecurityRules,
  ...resourceRules,
  ...probeRules,
  ...availabilityRules,
  ...networkRules,
  ...credentialRules,
  ...backupRules,
  ...imageRules,
  ...jobRules,
  ...postgresRules,
  ...redisRules,
  ...autoscalingRules,
  ...serviceRules,
  ...ingressRules,
  ...tlsRules,
  ...rbacRules,
  ...storageRules,
  ...referenceRules,
  ...storeRules,
  ...connectionRules,
  ...kafkaRules,
  ...databaseEgressRules,
  ...secretRules,
  ...quotaRules,
  contractServerRule,
];

/** Every rule as of a day (`YYYY-MM-DD`), which decides whether an exception has expired. */
export function rulesAsOf(today: string): readonly Rule[] {
  return [
    ...concerns,
    exceptionRule(new Set(concerns.map(({ id }) => id)), today),
    unusedExceptionRule(concerns, today),
  ];
}
