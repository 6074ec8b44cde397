import type { Tls, TlsMode } from "../tls.ts";

/** The Strimzi operator runs the brokers, and makes the topics. */
export interface StrimziEngine {
  readonly kind: "strimzi";
  readonly operatorNamespace: string;
  /** Addresses of the API server, which the operator of the topics talks to. */
  readonly apiServerCidr: string;
  /** Ports at which it listens there. */
  readonly apiServerPorts: readonly number[];
  /** Kafka's version, one that the operator knows. @default the operator's newest, which its upgrade changes */
  readonly version?: string;
}

/**
 * How clients log in to brokers. Security protocols follow: SASL_SSL with TLS and a login, SSL or SASL_PLAINTEXT with
 * one of them.
 */
export interface KafkaSasl {
  readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  /** Secret in the system's namespace with the keys `username` and `password`. */
  readonly credentialsSecret: string;
}

/** Brokers that somebody else runs. */
export interface ExternalKafka {
  readonly kind: "external";
  /** `host:port`, several with commas between them. */
  readonly brokers: string;
  readonly port: number;
  /** Addresses the brokers resolve to: the only ones outside the cluster that clients may reach. */
  readonly cidr: string;
  readonly tls: Tls<TlsMode>;
  /** @default no login */
  readonly sasl?: KafkaSasl | undefined;
}

/** Who runs the brokers: a StatefulSet of this stack, the Strimzi operator, or somebody else. */
export type KafkaEngine = { readonly kind: "statefulset" } | StrimziEngine | ExternalKafka;
