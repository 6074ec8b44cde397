import type { Rule } from "./rule.ts";
import { autoscalingRules } from "./workload/autoscaling.ts";
import { availabilityRules } from "./workload/availability.ts";
import { backupRules } from "./backups/backups.ts";
import { connectionRules } from "./stores/connections.ts";
import { contractServerRule } from "./containers/contract-server.ts";
import { credentialRules } from "./credentials/credentials.ts";
import { databaseEgressRules } from "./network/database-egress.ts";
import { environmentRules } from "./containers/environment.ts";
import { exceptionRule, unusedExceptionRule } from "./exceptions/exceptions.ts";
import { imageRules } from "./containers/images.ts";
import { ingressRules } from "./network/ingress.ts";
import { jobRules } from "./workload/jobs.ts";
import { kafkaRules } from "./stores/kafka.ts";
import { networkRules } from "./network/network.ts";
import { podSecurityRules } from "./pod-security/index.ts";
import { postgresRules } from "./stores/postgres.ts";
import { probeRules } from "./containers/probes.ts";
import { quotaRules } from "./workload/quota.ts";
import { rbacRules } from "./access/rbac.ts";
import { redisRules } from "./stores/redis.ts";
import { referenceRules } from "./workload/references.ts";
import { resourceRules } from "./containers/resources.ts";
import { secretRules } from "./credentials/secrets.ts";
import { serviceRules } from "./network/services.ts";
import { shutdownRules } from "./containers/shutdown.ts";
import { storageRules } from "./stores/storage.ts";
import { storeRules } from "./stores/stores.ts";
import { tlsRules } from "./network/tls.ts";

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
