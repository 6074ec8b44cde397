import type { Rule, Severity } from "./rule.ts";

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

/** Rules that only `strict` holds, by why a reviewer of somebody else's change would not stop it for them. */
const strictOnly: Readonly<Record<string, readonly string[]>> = {
  "usual in images and clusters that are run well": [
    "X01-user-and-group",
    "X01-root-group",
    "X01-volume-types",
    "X01-host-aliases",
    "X01-control-plane-toleration",
    "X01-rbac-workloads",
    "X02-ephemeral-storage",
    "X02-memory-overcommit",
    "X02-scratch-size",
    "X03-liveness-timing",
    "X03-startup-budget",
    "X04-grace-period",
    "X04-progress-deadline",
    "X06-secret-in-env",
    "X06-whole-secret-in-env",
    "X06-secret-file-mode",
    "X08-job-bounds",
    "X08-cron-job-schedule",
    "X08-cron-job-deadline",
    "P05-ingress-tls",
    "P05-ingress-redirect",
    "P05-certificate-renewal",
    "P05-certificate-strength",
    "T01-kafka-topic",
  ],
  "said twice, once by the pods and once by their service account": ["X01-service-account-automount"],
  "a decision about a whole namespace, of which a change shows a part": [
    "X01-namespace-pod-security",
    "X02-namespace-budget",
    "X05-default-deny",
    "X05-flows-declared",
    "X05-egress-open",
    "X05-ingress-open",
    "X05-flow-peers",
    "X05-flow-ports",
    "E06-database-egress",
  ],
  "made by somebody else, before or after": [
    "P03-configuration-exists",
    "P05-tls-secret",
    "X07-claim-exists",
    "X05-service-exposed",
    "X05-load-balancer-sources",
  ],
  "how this platform runs and copies its data stores": [
    "X04-store-grace-period",
    "X07-backup",
    "X07-backup-daily",
    "X07-backup-active",
    "X07-storage-class-kept",
    "B03-postgres-shared-memory",
    "B03-database-owner",
    "B04-postgres-liveness",
    "B05-postgres-startup",
    "B06-redis-memory",
    "B11-prune-behind-verify",
    "B11-backup-elsewhere",
    "B17-connections",
    "G03-redis-persistence",
    "G04-redis-state-eviction",
    "G04-redis-flush",
    "G04-cache-volume",
    "T01-kafka-broker",
    "T04-consumers-partitions",
    "T13-dead-letter-topic",
  ],
};
const onlyInStrict = new Set(Object.values(strictOnly).flat());

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
    holds: ({ id }) => !onlyInStrict.has(id),
    numbers: { "X02-container-resources": { requireCpuLimit: false }, "X03-probes": { required: ["readinessProbe"] } },
  },
  strict: { purpose: "every rule: for the stacks of this platform", blocksFrom: "medium", holds: () => true },
};

/** The profiles that hold a rule. */
export function profilesOf(rule: Described): ProfileName[] {
  return profileNames.filter((name) => profiles[name].holds(rule));
}

/** The ids that {@link strictOnly} names, for a test that each is a rule. */
export const strictOnlyIds: readonly string[] = [...onlyInStrict];
