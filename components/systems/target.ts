import type { CertificateIssuer } from "../capabilities/certificate.ts";
import type { Outsider } from "../capabilities/network-flows.ts";
import type { StartedWorkload, StoreLocation } from "../data/store.ts";

/** Numbers that a system promises, with the unit in the name; each system has its own of them. */
export type Objectives = Readonly<
  Partial<
    Record<
      | "activeConnections"
      | "cacheHitRatePercent"
      | "consumerLag"
      | "cpuPercent"
      | "errorRatePercent"
      | "errorsPerHour"
      | "jvmHeapPercent"
      | "kafkaDiskPercent"
      | "kafkaMemoryPercent"
      | "lockWaitPercent"
      | "memoryPercent"
      | "p95Milliseconds"
      | "postgresPoolPercent"
      | "postgresRestartsPerWeek"
      | "processingSeconds"
      | "queryP95Milliseconds"
      | "queueDepth"
      | "rateLimitedPerSecond"
      | "recoveryMinutes"
      | "redisMemoryPercent"
      | "upstreamErrorRatePercent",
      number
    >
  >
>;

/** What operations need to know about a system: every system publishes one, so that no command guesses names. */
export interface Target {
  readonly system: string;
  readonly namespace: string;
  /** In start order; stopping goes the other way (B13). */
  readonly workloads: readonly StartedWorkload[];
  readonly dataStores: readonly StoreLocation[];
  readonly endpoints: readonly {
    readonly name: string;
    /** Its public name. @default it is for inside the cluster */
    readonly host?: string;
    /** Whether its Ingress has a certificate. @default plain HTTP */
    readonly tls?: boolean;
    readonly service: string;
    readonly port: number;
    readonly health: string;
  }[];
  /** The numbers that `verify` names and alerts watch (B17). */
  readonly objectives: Objectives;
}

/** Parts of a cluster that a stack can count on; what it does not name is not used, and something simpler stands in. */
export const clusterAddons = [
  "cert-manager",
  "keda",
  "prometheus-operator",
  "sealed-secrets",
  "velero",
  "volume-snapshots",
] as const;
export type ClusterAddon = (typeof clusterAddons)[number];

/** What a stack is for. */
export const purposes = ["development", "production"] as const;
export type Purpose = (typeof purposes)[number];

/** What a stack says of its alerts. */
export interface Alerting {
  /** Labels by which a Prometheus of the operator finds its rules. @default none */
  readonly ruleLabels: Readonly<Record<string, string>>;
  /** Where people find the files of this checkout. @default alerts name their pages by path */
  readonly pages?: string | undefined;
}

/** What the stack gives to each of its systems. */
export interface SystemContext {
  readonly purpose: Purpose;
  readonly retainData: boolean;
  readonly storage: { readonly storageClass?: string };
  readonly addons: ReadonlySet<ClusterAddon>;
  readonly certificates: CertificateIssuer;
  readonly ingress: { readonly className?: string };
  /** The ingress controller: the only one from outside that may reach public workloads. */
  readonly ingressFrom: readonly Outsider[];
  /** Prometheus, which may fetch metrics; empty where nobody from outside may. */
  readonly monitoringFrom: readonly Outsider[];
  /** Rules of the alerts, where the stack's addons name prometheus-operator. */
  readonly alerting: Alerting;
  /** {@link NetworkFlowsArgs.dnsCidrs} */
  readonly dnsCidrs: readonly string[];
}
