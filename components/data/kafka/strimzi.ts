import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Flow, flow } from "../../capabilities/network-flows.ts";
import { exceptionsFor } from "../../workload/exceptions.ts";
import { mebibytes } from "../../workload/units.ts";
import type { Client } from "../client.ts";
import { type KafkaArgs, kafkaDefaults } from "./kafka.ts";
import { allTopics } from "./topics.ts";

/** Metadata version of Strimzi's resources that the operator of release 0.47 and later reads. */
const apiVersion = "kafka.strimzi.io/v1beta2";

/** The same brokers and topics as resources of the Strimzi operator: for stacks that outgrow one machine. Three brokers at least. */
export class StrimziKafka extends pulumi.ComponentResource {
  readonly client: Client;

  constructor(name: string, args: KafkaArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:data:StrimziKafka", name, {}, options);
    const { namespace, labels } = args;
    const parent = { parent: this };
    const brokers = Math.max(3, args.brokers ?? kafkaDefaults.brokers);
    const custom = (kind: string, resourceName: string, metadata: Record<string, unknown>, spec: Record<string, unknown>, dependsOn: pulumi.Resource[] = []) =>
      new k8s.apiextensions.CustomResource(`${kind}-${resourceName}`, { apiVersion, kind, metadata: { name: resourceName, namespace, labels: { ...labels, "strimzi.io/cluster": name }, ...metadata }, spec }, { ...parent, dependsOn, protect: args.retainData });
    const { cpu, memory } = args.resources;
    const heap = `${Math.floor(mebibytes(memory.limit) / 2)}m`;
    const pool = custom("KafkaNodePool", "brokers", {}, {
      replicas: brokers,
      roles: ["controller", "broker"],
      jvmOptions: { "-Xms": heap, "-Xmx": heap },
      resources: { requests: { cpu: cpu.request, memory: memory.request }, limits: { cpu: cpu.limit, memory: memory.limit } },
      storage: { type: "persistent-claim", size: args.storage ?? kafkaDefaults.storage, deleteClaim: false, ...(args.storageClass && { class: args.storageClass }) },
    });
    const excepted = exceptionsFor(name, args, ["Kafka"])("Kafka");
    const cluster = custom("Kafka", name, { annotations: { "strimzi.io/kraft": "enabled", "strimzi.io/node-pools": "enabled", ...excepted.annotations } }, {
      kafka: {
        version: "4.1.0",
        listeners: [{ name: "plain", port: kafkaDefaults.port, type: "internal", tls: false }],
        config: {
          "auto.create.topics.enable": "false",
          "default.replication.factor": 3,
          "min.insync.replicas": 2,
          "offsets.topic.replication.factor": 3,
          "transaction.state.log.replication.factor": 3,
          "transaction.state.log.min.isr": 2,
          "unclean.leader.election.enable": "false",
        },
      },
      entityOperator: { topicOperator: {} },
    }, [pool]);
    for (const topic of allTopics(args.topics, brokers)) {
      custom("KafkaTopic", topic.name, {}, {
        partitions: topic.partitions,
        replicas: topic.replicas,
        config: { "retention.ms": topic.retentionMilliseconds, "min.insync.replicas": topic.minInSync },
      }, [cluster]);
    }
    this.client = { env: { KAFKA_BROKERS: `${name}-kafka-bootstrap:${kafkaDefaults.port}` }, mounts: [], annotations: {} };
    this.registerOutputs({});
  }
}

/** What the operator and the brokers say to each other, besides what clients say to them. */
export const strimziFlows = (name: string, operatorNamespace: string, apiServerCidr: string): Flow[] => [
  flow(name, name, 9090, 9091, 9092, 9093),
  { from: { namespace: operatorNamespace }, to: { app: name }, ports: [8443, 9090, 9091] },
  { from: { app: name }, to: { cidr: apiServerCidr }, ports: [443, 6443] },
];
