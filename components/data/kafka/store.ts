import { flow } from "../../capabilities/network-flows.ts";
import { uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { claimsOfOperator, claimsOfPods, namedClaim } from "../../changes/declared.ts";
import { sayExternal } from "../external.ts";
import { type StoreLocation, type StorePlan, type StoreState, storeNetwork } from "../store.ts";
import { authorities } from "../tls.ts";
import type { ExternalKafka, KafkaEngine, StrimziEngine } from "./engine.ts";
import { Kafka, type KafkaArgs, kafkaDefaults } from "./kafka.ts";
import { StrimziKafka, strimziFlows } from "./strimzi.ts";

export interface KafkaStoreArgs extends KafkaArgs {
  /** Path of its settings in a stack's file, such as `techbra-ecommerce.kafka`. */
  readonly settingPath: string;
}

const { port, controllerPort } = kafkaDefaults;

/** The brokers and topics of a system on the engine its stack chose; clients see no difference. */
export function kafkaStore(name: string, engine: KafkaEngine, args: KafkaStoreArgs): StorePlan {
  if (engine.kind === "external") return external(name, engine, args);
  return engine.kind === "statefulset" ? ownBrokers(name, args) : operated(name, engine, args);
}

/** A StatefulSet of the stack, with its topics and its backup. */
const ownBrokers = (name: string, args: KafkaStoreArgs): StorePlan => {
  const { settingPath: path, brokers = kafkaDefaults.brokers } = args;
  const partitions = Math.max(1, ...args.topics.map((topic) => topic.partitions));
  return {
    network: storeNetwork({ app: name }, port, {
      flows: [
        // What a broker alone says to itself never leaves its pod.
        ...(brokers > 1 ? [flow(name, name, port, controllerPort)] : []),
        flow(`${name}-topics`, name, port),
        flow(`${name}-backup`, name, port),
        ...uploadFlows(`${name}-backup`, args.backup.s3),
      ],
      // Every broker finds itself by the name that it announces.
      resolving: [name],
    }),
    state: {
      ...state(name, "statefulset", args, [
        claimsOfPods(name, `${path}.storage`, args.storage ?? kafkaDefaults.storage),
        namedClaim(`${name}-backup`, `${path}.backup.storage`, args.backup.storage ?? backupDefaults.storage),
      ]),
      kafka: {
        name,
        brokers: { path: `${path}.brokers`, value: brokers },
        partitions: { path: `${path}.partitions`, value: partitions },
      },
    },
    declare: (options) => {
      const { client, topics, backup } = new Kafka(name, args, options);
      return {
        client,
        ready: [topics],
        workloads: [{ kind: "StatefulSet", name, replicas: brokers }],
        location: { ...location(name, args.serviceName, port), backup: `${name}-backup` },
        backup,
      };
    },
  };
};

/** Strimzi's cluster. The operator makes the topics. */
const operated = (name: string, engine: StrimziEngine, args: KafkaStoreArgs): StorePlan => ({
  network: storeNetwork({ app: name }, port, {
    flows: strimziFlows(name, engine),
    selectors: { [name]: { "strimzi.io/cluster": name } },
  }),
  state: state(name, engine.kind, args, [
    claimsOfOperator(`data-${name}-brokers`, `${args.settingPath}.storage`, args.storage ?? kafkaDefaults.storage),
  ]),
  declare: (options) => {
    const kafka = new StrimziKafka(name, { ...args, engine }, options);
    return {
      client: kafka.client,
      ready: [kafka],
      workloads: [],
      location: location(name, `${name}-kafka-bootstrap`, port),
    };
  },
});

/** Somebody else's brokers, who makes the topics too: a client and the way to them. */
const external = (name: string, engine: ExternalKafka, args: KafkaStoreArgs): StorePlan => ({
  network: storeNetwork({ cidr: engine.cidr }, engine.port, { flows: [] }),
  state: state(name, "external", args, []),
  declare: (options) => {
    const { brokers, tls, sasl } = engine;
    sayExternal(args.namespace, name, brokers, "topic, dead-letter topic, backup or alert");
    const { file, mounts } = authorities(name, tls, args.namespace, options);
    const credentials = "/credentials/kafka";
    const client = {
      env: {
        KAFKA_BROKERS: brokers,
        KAFKA_TLS_MODE: tls.mode,
        ...(file && { KAFKA_TLS_CA: file }),
        ...(sasl && { KAFKA_SASL_MECHANISM: sasl.mechanism, KAFKA_SASL_CREDENTIALS: credentials }),
      },
      mounts: [
        ...mounts,
        ...(sasl
          ? [
              {
                path: credentials,
                secret: sasl.credentialsSecret,
                files: { username: "username", password: "password" },
              },
            ]
          : []),
      ],
      annotations: {},
    };
    return { client, ready: [], workloads: [], location: location(name, brokers.replace(/:.*/, ""), engine.port) };
  },
});

const location = (name: string, service: string, at: number): StoreLocation => ({
  kind: "kafka",
  name,
  service,
  port: at,
});

const state = (
  name: string,
  engine: KafkaEngine["kind"],
  { settingPath }: KafkaStoreArgs,
  volumes: StoreState["volumes"],
): StoreState => ({
  volumes,
  store: { name, engine: { path: `${settingPath}.engine.kind`, value: engine }, own: "statefulset" },
});
