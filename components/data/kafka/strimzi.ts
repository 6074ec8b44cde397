import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Flow, flow } from "../../capabilities/network-flows.ts";
import { containerSecurity } from "../../workload/container.ts";
import { exceptionsFor } from "../../workload/exceptions.ts";
import { mebibytes, seconds } from "../../workload/units.ts";
import type { Client } from "../client.ts";
import type { StrimziEngine } from "./engine.ts";
import { type KafkaArgs, kafkaDefaults } from "./kafka.ts";
import { allTopics } from "./topics.ts";

/** What the operator serves since its release 1.0, and nothing else since then. */
const apiVersion = "kafka.strimzi.io/v1";

/** What a namespace under Pod Security `restricted` asks of a pod; the operator itself sets what `baseline` does. */
const podSecurity = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
const container = { securityContext: containerSecurity };

/** A JVM that follows a handful of topics. */
const topicOperator = { requests: { cpu: "50m", memory: "256Mi" }, limits: { cpu: "500m", memory: "512Mi" } };

/**
 * The same brokers and topics as resources of the Strimzi operator (1.0 or newer): for stacks that outgrow one machine.
 * Three brokers at least.
 */
export class StrimziKafka extends pulumi.ComponentResource {
  readonly client: Client;

  constructor(
    name: string,
    args: KafkaArgs & { readonly engine: StrimziEngine },
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("platform:data:StrimziKafka", name, {}, options);
    const { namespace, labels } = args;
    const parent = { parent: this };
    const brokers = Math.max(3, args.brokers ?? kafkaDefaults.brokers);
    const custom = (
      kind: string,
      resourceName: string,
      metadata: Record<string, unknown>,
      spec: Record<string, unknown>,
      dependsOn: pulumi.Resource[] = [],
    ) =>
      new k8s.apiextensions.CustomResource(
        `${kind}-${resourceName}`,
        {
          apiVersion,
          kind,
          metadata: { name: resourceName, namespace, labels: { ...labels, ...ofCluster }, ...metadata },
          spec,
        },
        { ...parent, dependsOn, protect: args.retainData },
      );
    const { cpu, memory } = args.resources;
    const ofCluster = { "strimzi.io/cluster": name };
    const heap = `${Math.floor(mebibytes(memory.limit) / 2)}m`;
    const pool = custom(
      "KafkaNodePool",
      "brokers",
      {},
      {
        replicas: brokers,
        roles: ["controller", "broker"],
        jvmOptions: { "-Xms": heap, "-Xmx": heap },
        resources: {
          requests: { cpu: cpu.request, memory: memory.request },
          limits: { cpu: cpu.limit, memory: memory.limit },
        },
        template: {
          pod: {
            // Files of the volumes belong to the group of the image's user.
            securityContext: { ...podSecurity, fsGroup: 0, fsGroupChangePolicy: "OnRootMismatch" },
            terminationGracePeriodSeconds: seconds(kafkaDefaults.terminationGracePeriod),
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: "kubernetes.io/hostname",
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: { matchLabels: { ...ofCluster, "strimzi.io/pool-name": "brokers" } },
              },
            ],
          },
          kafkaContainer: container,
        },
        storage: {
          type: "persistent-claim",
          size: args.storage ?? kafkaDefaults.storage,
          deleteClaim: false,
          ...(args.storageClass && { class: args.storageClass }),
        },
      },
    );
    const excepted = exceptionsFor(name, args, ["Kafka"])("Kafka");
    const cluster = custom(
      "Kafka",
      name,
      { ...excepted },
      {
        kafka: {
          ...(args.engine.version && { version: args.engine.version }),
          // The operator's own policy lets everybody in to a listener that names nobody, past all others: flows are the
          // stack's.
          listeners: [
            {
              name: "plain",
              port: kafkaDefaults.port,
              type: "internal",
              tls: false,
              networkPolicyPeers: [{ podSelector: { matchLabels: ofCluster } }],
            },
          ],
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
        entityOperator: {
          topicOperator: { resources: topicOperator },
          template: { pod: { securityContext: podSecurity }, topicOperatorContainer: container },
        },
      },
      [pool],
    );
    for (const topic of allTopics(args.topics, brokers)) {
      custom(
        "KafkaTopic",
        topic.name,
        {},
        {
          partitions: topic.partitions,
          replicas: topic.replicas,
          config: { "retention.ms": topic.retentionMilliseconds, "min.insync.replicas": topic.minInSync },
        },
        [cluster],
      );
    }
    this.client = {
      env: { KAFKA_BROKERS: `${name}-kafka-bootstrap:${kafkaDefaults.port}` },
      mounts: [],
      annotations: {},
    };
    this.registerOutputs({});
  }
}

/** What the operator and the brokers say to each other, besides what clients say to them. */
export const strimziFlows = (
  name: string,
  { operatorNamespace, apiServerCidr, apiServerPorts }: StrimziEngine,
): Flow[] => [
  flow(name, name, 9090, 9091, 9092, 9093),
  { from: { namespace: operatorNamespace }, to: { app: name }, ports: [8443, 9090, 9091] },
  { from: { app: name }, to: { cidr: apiServerCidr }, ports: apiServerPorts },
];
