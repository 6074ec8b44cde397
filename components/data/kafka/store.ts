import type * as pulumi from "@pulumi/pulumi";
import type { Flow } from "../../capabilities/network-flows.ts";
import type { Client } from "../client.ts";
import { sayExternal } from "../external.ts";
import { authorities } from "../tls.ts";
import type { KafkaEngine } from "./engine.ts";
import { Kafka, type KafkaArgs, kafkaDefaults } from "./kafka.ts";
import { StrimziKafka, strimziFlows } from "./strimzi.ts";

/** Brokers and topics that clients can use, whoever runs them. External topics are made by their owner. */
export interface KafkaStore {
  readonly client: Client;
  /** Where operations find it, and its backup where the stack runs one. */
  readonly location: { readonly service: string; readonly port: number; readonly backup?: string };
  /** What must be there before a client can produce or consume. */
  readonly ready: readonly pulumi.Resource[];
}

/** The Kafka of a system on the engine its stack chose; the outputs are the same. */
export function kafkaStore(name: string, engine: KafkaEngine, args: KafkaArgs, options: pulumi.ComponentResourceOptions): KafkaStore {
  if (engine.kind === "statefulset") {
    const kafka = new Kafka(name, args, options);
    return { client: kafka.client, location: { service: args.serviceName, port: kafkaDefaults.port, backup: `${name}-backup` }, ready: [kafka.topics] };
  }
  if (engine.kind === "strimzi") {
    const kafka = new StrimziKafka(name, { ...args, engine }, options);
    return { client: kafka.client, location: { service: `${name}-kafka-bootstrap`, port: kafkaDefaults.port }, ready: [kafka] };
  }
  sayExternal(args.namespace, name, engine.brokers, "topic, dead-letter topic, backup or alert");
  return { client: externalClient(name, engine, args.namespace, options), location: { service: engine.brokers.replace(/:.*/, ""), port: engine.port }, ready: [] };
}

function externalClient(name: string, { brokers, tls, sasl }: Extract<KafkaEngine, { kind: "external" }>, namespace: string, options: pulumi.ComponentResourceOptions): Client {
  const { file, mounts } = authorities(name, tls, namespace, options);
  const credentials = "/credentials/kafka";
  return {
    env: { KAFKA_BROKERS: brokers, KAFKA_TLS_MODE: tls.mode, ...(file && { KAFKA_TLS_CA: file }), ...(sasl && { KAFKA_SASL_MECHANISM: sasl.mechanism, KAFKA_SASL_CREDENTIALS: credentials }) },
    mounts: [...mounts, ...(sasl ? [{ path: credentials, secret: sasl.credentialsSecret, files: { username: "username", password: "password" } }] : [])],
    annotations: {},
  };
}

/** A system's flows with those to its brokers leading to where the engine has them. */
export function kafkaFlows(name: string, engine: KafkaEngine, flows: readonly Flow[]): Flow[] {
  if (engine.kind === "statefulset") return [...flows];
  const own = [name, `${name}-topics`, `${name}-backup`];
  const clients = flows.filter(({ from }) => !("app" in from && own.includes(from.app)));
  if (engine.kind === "strimzi") return [...clients, ...strimziFlows(name, engine)];
  return clients.map((flow) => ("app" in flow.to && flow.to.app === name ? { ...flow, to: { cidr: engine.cidr }, ports: [engine.port] } : flow));
}

/** Labels of the pods that the engine names itself. */
export const kafkaSelectors = (name: string, engine: KafkaEngine): Record<string, Record<string, string>> =>
  engine.kind === "strimzi" ? { [name]: { "strimzi.io/cluster": name } } : {};
