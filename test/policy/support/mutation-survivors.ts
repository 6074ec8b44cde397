import * as labels from "../../../components/workload/labels.ts";
import type { Manifest } from "../../../policies/model/kubernetes-object.ts";

/** Mutants that no rule blocks, and why that is right or accepted. */
export interface KnownSurvivors {
  readonly reason: string;
  /** The changes, as mutants name them. */
  readonly changes: readonly string[];
  /** Which objects, among all of their stack. @default all that have the field */
  readonly of?: (object: Manifest, all: readonly Manifest[]) => boolean;
}

const spec = (object: Manifest | undefined) =>
  (object?.["spec"] ?? {}) as { replicas?: number; tls?: unknown[]; rules?: { host?: string }[] };
const named =
  (...names: readonly string[]) =>
  ({ metadata }: Manifest) =>
    names.includes(metadata?.name ?? "");
const backupOf = ({ metadata }: Manifest) => metadata?.labels?.[labels.backupOf];
/** Whether a CronJob copies a store of its stack that must not lose its data. */
const copiesStore = (job: Manifest, all: readonly Manifest[]) =>
  all.some(
    ({ metadata }) =>
      metadata?.namespace === job.metadata?.namespace &&
      metadata?.name === backupOf(job) &&
      (metadata?.labels?.[labels.dataStore] ?? "redis-cache") !== "redis-cache",
  );
/** Whether the contract server runs in a namespace, which must then say that it is for development. */
const hasContractServer = (namespace: Manifest, all: readonly Manifest[]) =>
  all.some(
    ({ metadata }) =>
      metadata?.namespace === namespace.metadata?.name && metadata?.name?.startsWith("contract-server-"),
  );
const uploads = (job: Manifest) => JSON.stringify(job).includes('"name":"upload"');
const jobPod = "spec.jobTemplate.spec.template.spec";
const without = (kind: string, ...fields: readonly string[]) => fields.map((field) => `${kind} ${field}: deleted`);

/** Every survivor of the dev and prod stacks. A mutant that is blocked after all has no place here. */
export const survivors: readonly KnownSurvivors[] = [
  {
    reason:
      "a ConfigMap's name ends with a hash of its content, so a change makes another one; no standard asks for immutable ones",
    changes: ["ConfigMap immutable: deleted", "ConfigMap immutable: false"],
  },
  {
    reason: "with one replica a budget protects nothing, so none is asked for",
    changes: ["PodDisruptionBudget object: deleted"],
    of: ({ metadata: own }, all) =>
      all.some(
        (other) =>
          other.metadata?.name === own?.name &&
          other.metadata?.namespace === own?.namespace &&
          spec(other).replicas === 1,
      ),
  },
  {
    reason:
      "cert-manager makes the solver's pods, so no object of the stack shows whom the policy is for; without it no certificate comes, which verify says",
    changes: ["NetworkPolicy object: deleted"],
    of: named("acme-solver"),
  },
  {
    reason: "the run is bounded, if generously; how long and how often it tries is its owner's choice",
    changes: ["Job spec.activeDeadlineSeconds: 864000", "CronJob spec.jobTemplate.spec.activeDeadlineSeconds: 864000"],
  },
  {
    reason:
      "the run is bounded, if generously; only where each try keeps a claim of its own does their number fill the quota",
    changes: ["Job spec.backoffLimit: 1000", "CronJob spec.jobTemplate.spec.backoffLimit: 1000"],
    of: (job) => !JSON.stringify(job).includes('"ephemeral":'),
  },
  {
    reason: "no rule asks how many finished runs are kept, only that somebody decided it",
    changes: ["CronJob spec.successfulJobsHistoryLimit: 0", "CronJob spec.failedJobsHistoryLimit: 0"],
  },
  {
    reason: "the copies go to a bucket as well, or what is kept there is no data store of the stack",
    changes: ["pod volumes[*]: a scratch directory in place of the claim"],
    of: (object) => backupOf(object) === undefined || uploads(object),
  },
  {
    reason: "how often a job runs that copies no store of the stack is its owner's choice",
    changes: ['CronJob spec.schedule: "0 0 31 2 *"'],
    of: (object, all) => !copiesStore(object, all),
  },
  {
    reason: "it copies what is no store of the stack, or a cache that may be lost",
    changes: [
      "CronJob metadata.labels: of another store",
      ...without("CronJob", "metadata.labels", `${jobPod}.initContainers`, `${jobPod}.initContainers[name=verify]`),
    ],
    of: (object, all) => !copiesStore(object, all),
  },
  {
    reason:
      "it copies what is no store of the stack, or a cache that may be lost; the network policies for it still select its first run",
    changes: ["CronJob object: deleted"],
    of: (object, all) => backupOf(object) !== undefined && !copiesStore(object, all),
  },
  {
    reason: "two runs of these do not disturb each other: they share no volume and copy no store",
    changes: ['CronJob spec.concurrencyPolicy: "Allow"'],
    of: named("bots-data-snapshots", "postgres-maintenance"),
  },
  {
    reason: "whether a workload is scaled is its owner's choice; without an autoscaler it has its replicas, or one",
    changes: [
      ...without("HorizontalPodAutoscaler", "object"),
      ...without("ScaledObject", "object"),
      "Deployment spec.replicas: 1",
    ],
  },
  {
    reason:
      "a stack may use a namespace that it does not own; rules about namespaces then speak to the first workload in it",
    changes: without("Namespace", "object"),
    of: (object, all) => !hasContractServer(object, all),
  },
  {
    reason: "a namespace that does not say what it is for is for production",
    changes: without("Namespace", `metadata.labels["${labels.purpose}"]`),
    of: (object, all) => !hasContractServer(object, all),
  },
  {
    reason: "enforce refuses what audit and warn would only mention",
    changes: without(
      "Namespace",
      ...["audit", "warn"].map((mode) => `metadata.labels["pod-security.kubernetes.io/${mode}"]`),
    ),
  },
  {
    reason:
      "no rule asks which resources a quota bounds and what a limit range fills in: containers of the stack state their own",
    changes: [
      ...without(
        "ResourceQuota",
        "spec.hard.pods",
        ...["cpu", "memory", "storage"].map((resource) => `spec.hard["requests.${resource}"]`),
      ),
      ...without(
        "LimitRange",
        "spec.limits[*].default",
        "spec.limits[*].default.cpu",
        "spec.limits[*].default.memory",
        "spec.limits[*].defaultRequest",
      ),
    ],
  },
  {
    reason: "without TLS there is nothing to redirect to",
    changes: ['Ingress metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]: "false"'],
    of: (object) => spec(object).tls === undefined,
  },
  {
    reason: "hosts of a local cluster need no TLS",
    changes: without("Ingress", "spec.tls"),
    of: (object) => spec(object).rules?.every(({ host }) => host?.endsWith(".localhost")) === true,
  },
  {
    reason: "a crash loses the last moment and breaks nothing: a choice that some programs make",
    changes: ["StatefulSet spec.template.spec.containers[*].args: synchronous_commit=off"],
  },
  {
    reason: "more connections than the programs open cost memory, which the limit bounds",
    changes: ["StatefulSet spec.template.spec.containers[*].args: max_connections=100000"],
  },
  {
    reason: "snapshots keep the state as well",
    changes: ["without --appendonly", "--appendonly no"].map(
      (change) => `StatefulSet spec.template.spec.containers[*].args: ${change}`,
    ),
  },
  {
    reason: "Velero's copies come beside the verified backups, which rules do ask for",
    changes: [
      "Schedule object: deleted",
      "Schedule spec.paused: true",
      ...['includedNamespaces: ["another"]', "snapshotVolumes: false", 'ttl: "1h"'].map(
        (change) => `Schedule spec.template.${change}`,
      ),
    ],
  },
];
