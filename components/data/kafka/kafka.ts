import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { ContentMap, contentHash } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { toolContainers } from "../../capabilities/verified-backup/tool-container.ts";
import { type BackupArgs, backupScripts, VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import { images } from "../../images.ts";
import type { ContainerArgs, Mount, Resources } from "../../workload/container.ts";
import type { Excepted } from "../../workload/exceptions.ts";
import { Job } from "../../workload/job.ts";
import { dataStore } from "../../workload/labels.ts";
import type { Probes } from "../../workload/probes.ts";
import { mebibytes, type Size } from "../../workload/units.ts";
import { Workload } from "../../workload/workload.ts";
import type { Client } from "../client.ts";
import type { Topic } from "./topics.ts";
import { allTopics } from "./topics.ts";

/** UID and GID of the user `appuser` in the upstream image. */
export const kafkaIdentity = { uid: 1000, gid: 1000 };

/** Half of the limit is the JVM's heap; the page cache uses the rest. */
export const kafkaResources = {
  cpuRequest: "250m",
  cpuLimit: "2",
  memoryRequest: "768Mi",
  memoryLimit: "1Gi",
} as const;

/** The runbook's numbers; each can be changed per stack. */
export const kafkaDefaults = {
  /** T01. */
  port: 9092,
  controllerPort: 9093,
  storage: "10Gi",
  brokers: 1,
  /** A controlled shutdown hands leadership over and closes every log segment. */
  terminationGracePeriod: "120s",
} as const;

export interface KafkaArgs extends Excepted {
  readonly namespace: string;
  /** The Service that clients begin with; `<it>-peers` names the brokers. */
  readonly serviceName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Brokers that are controllers too. With three, every message is on three and two must have it. @default 1 */
  readonly brokers?: 1 | 3;
  readonly topics: readonly Topic[];
  readonly resources: Resources;
  readonly storage?: Size;
  readonly storageClass?: string;
  readonly retainData: boolean;
  readonly backup: BackupArgs;
}

/**
 * Kafka without ZooKeeper (T01): brokers that elect their controller themselves, topics and dead-letter topics that are
 * declared and never made by a typing error, and copies of topic definitions and consumer offsets (T11).
 */
export class Kafka extends pulumi.ComponentResource {
  readonly client: Client;
  readonly topics: Job;
  readonly backup: VerifiedBackup;

  constructor(name: string, args: KafkaArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:data:Kafka", name, {}, options);
    const { namespace, labels, serviceName } = args;
    const parent = { parent: this };
    const bootstrap = `${serviceName}:${kafkaDefaults.port}`;
    const tools = new ContentMap(
      `${name}-scripts`,
      { namespace, labels, files: { ...scripts(import.meta.dirname), ...backupScripts() } },
      parent,
    );
    const workload = new Workload(
      name,
      {
        namespace,
        labels,
        controllerLabels: { [dataStore]: "kafka" },
        controller: {
          kind: "StatefulSet",
          claims: [
            {
              name: "data",
              size: args.storage ?? kafkaDefaults.storage,
              ...(args.storageClass && { storageClass: args.storageClass }),
            },
          ],
          peers: {
            serviceName: `${serviceName}-peers`,
            ports: { [kafkaDefaults.port]: "kafka", [kafkaDefaults.controllerPort]: "controller" },
          },
        },
        replicas: { fixed: args.brokers ?? kafkaDefaults.brokers },
        identity: kafkaIdentity,
        terminationGracePeriod: kafkaDefaults.terminationGracePeriod,
        exceptions: args.exceptions,
        containers: [broker(name, args, tools.mapName)],
        service: { name: serviceName, ports: { [kafkaDefaults.port]: "kafka" } },
      },
      parent,
    );

    const topics = topicLines(args);
    const tool = toolContainers(images.kafka, tools.mapName);
    const scratch: Mount[] = [
      { path: "/opt/kafka/config", scratch: "16Mi" },
      { path: "/opt/kafka/logs", scratch: "64Mi" },
    ];
    const env = { BOOTSTRAP: bootstrap, KAFKA_HEAP_OPTS: "-Xmx128m" };
    this.topics = new Job(
      `${name}-topics`,
      {
        jobName: `${name}-topics-${contentHash(topics)}`,
        namespace,
        labels: { app: `${name}-topics` },
        identity: kafkaIdentity,
        deadline: "15m",
        containers: [tool("topics", { ...env, TOPICS: topics }, scratch, "384Mi")],
      },
      { ...parent, dependsOn: [workload] },
    );
    this.backup = new VerifiedBackup(
      `${name}-backup`,
      {
        ...args.backup,
        of: name,
        // Definitions and offsets are copied and no message, so the scratch broker's partitions are empty whatever the
        // volume's size.
        dataSize: "512Mi",
        namespace,
        retainData: args.retainData,
        ...(args.storageClass && { storageClass: args.storageClass }),
        identity: kafkaIdentity,
        tool,
        steps: (copies, common, restored) => [
          tool("dump", { ...common, ...env }, [copies, ...scratch], "512Mi"),
          tool("verify", { ...common, KAFKA_HEAP_OPTS: "-Xmx256m" }, [copies, ...scratch, restored], "768Mi"),
        ],
      },
      { ...parent, dependsOn: [this.topics] },
    );
    this.client = { env: { KAFKA_BROKERS: bootstrap }, mounts: [], annotations: {} };
    this.registerOutputs({ service: serviceName });
  }
}

/** `name partitions replication minInSync retention` a line: what the script beside this file reads. */
const topicLines = (args: KafkaArgs): string =>
  allTopics(args.topics, args.brokers ?? kafkaDefaults.brokers)
    .map(({ name, partitions, replicas, minInSync, retentionMilliseconds }) =>
      [name, partitions, replicas, minInSync, retentionMilliseconds].join(" "),
    )
    .join("\n");

function broker(name: string, args: KafkaArgs, tools: string): ContainerArgs {
  const { resources } = args;
  const brokers = args.brokers ?? kafkaDefaults.brokers;
  const { port, controllerPort } = kafkaDefaults;
  const peer = (ordinal: number | string) => `${name}-${ordinal}.${args.serviceName}-peers`;
  const internal = { replicas: String(Math.min(brokers, 3)), minInSync: brokers >= 3 ? "2" : "1" };
  const heap = Math.floor(mebibytes(resources.memory.limit) / 2);
  return {
    name: "kafka",
    image: images.kafka,
    command: ["bash", "/scripts/broker.sh"],
    env: {
      CLUSTER_ID: clusterId(args),
      KAFKA_HEAP_OPTS: `-Xms${Math.floor(heap / 2)}m -Xmx${heap}m`,
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:${controllerPort}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
      KAFKA_CONTROLLER_QUORUM_VOTERS: Array.from(
        { length: brokers },
        (_, ordinal) => `${ordinal}@${peer(ordinal)}:${controllerPort}`,
      ).join(","),
      /** The script completes it with the pod's own name. */
      PEER_DOMAIN: `${args.serviceName}-peers.${args.namespace}.svc`,
      KAFKA_LOG_DIRS: "/var/lib/kafka/data/logs",
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
      KAFKA_DEFAULT_REPLICATION_FACTOR: internal.replicas,
      KAFKA_MIN_INSYNC_REPLICAS: internal.minInSync,
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: internal.replicas,
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: brokers >= 3 ? "50" : "5",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: internal.replicas,
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: internal.minInSync,
      KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE: "false",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: brokers >= 3 ? "3000" : "0",
    },
    ports: { kafka: port, controller: controllerPort },
    probes: brokers > 1 ? { ...probes, readiness: inSync } : probes,
    resources,
    mounts: [
      { path: "/var/lib/kafka/data", claimTemplate: "data" },
      { path: "/opt/kafka/config", scratch: "16Mi" },
      { path: "/opt/kafka/logs", scratch: "128Mi" },
      { path: "/tmp", scratch: "128Mi" },
      { path: "/scripts", configMap: tools },
      // Operators type the tools without their suffix.
      ...["kafka-topics", "kafka-consumer-groups", "kafka-configs", "kafka-console-consumer"].map(
        (command): Mount => ({
          path: `/usr/local/bin/${command}`,
          configMap: tools,
          item: "tool.sh",
          executable: true,
        }),
      ),
    ],
  };
}

/**
 * The identity of the data on the volumes: a broker refuses those of another cluster. It is no secret, and as a plain
 * value it is known in every preview.
 */
const clusterId = ({ namespace, serviceName }: KafkaArgs): string =>
  createHash("sha256")
    .update(`${pulumi.getStack()}/${namespace}/${serviceName}`)
    .digest("base64url")
    .slice(0, 22)
    .replace(/^-/, "A");

/**
 * Of several brokers the next one may be stopped only when this one has all messages again. A broker alone has nobody
 * to catch up with.
 */
const inSync: Probes["readiness"] = {
  exec: ["bash", "/scripts/in-sync.sh"],
  period: "20s",
  timeout: "20s",
  failureThreshold: 3,
};

const probes: Probes = {
  // Ten minutes, because after a crash every log segment that was open is read again.
  startup: { tcp: "kafka", period: "5s", timeout: "3s", failureThreshold: 120 },
  readiness: { tcp: "kafka", period: "10s", timeout: "5s", failureThreshold: 3 },
  // The controller's port is open for as long as the process works, also while the broker waits for its quorum.
  liveness: { tcp: "controller", period: "30s", timeout: "10s", failureThreshold: 5 },
};
