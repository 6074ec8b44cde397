import { cel, piece } from "../../cel/template.ts";
import type { Cel } from "../../cel/template.ts";
import { environment, servers, storeIs } from "../../cel/data-stores.ts";
import { dataStoreKind, serverContainers } from "../../facts/data-stores.ts";
import { NotEvaluable } from "../../model/not-evaluable.ts";
import { topicKinds, topicLine, topicsIn, topicsOf, topicsVariable } from "../../facts/kafka-topics.ts";
import { kedaMaximum } from "../../facts/replicas.ts";
import type { CelCheck, ObjectRule, Rule, StackRule } from "../rule.ts";

/** Topics that Kafka keeps for itself: the broker's setting of their replicas, and what is lost with them. */
const ownTopics = {
  "offsets.topic.replication.factor": "consumer offsets",
  "transaction.state.log.replication.factor": "open transactions",
} as const;

/** Variables of a broker that is configured by its environment; another one has a file that nobody sees here. */
const configured = "^KAFKA_(?:CFG_)?(?:PROCESS_ROLES|LISTENERS|NODE_ID|BROKER_ID|ZOOKEEPER_CONNECT)$";

/** Bitnami's images say KAFKA_CFG_ for KAFKA_. */
const cfg = /^KAFKA_CFG_/;

const variableOf = (setting: string) => `KAFKA_${setting.toUpperCase().replaceAll(".", "_")}`;

const autoCreate = variableOf("auto.create.topics.enable");
const replication = variableOf("default.replication.factor");

const ownVariables = Object.keys(ownTopics).map(variableOf);

/** How many replicas must confirm a message, of how many: of every topic, and of the transactions' own. */
const confirmations = [
  ["min.insync.replicas", "default.replication.factor"],
  ["transaction.state.log.min.isr", "transaction.state.log.replication.factor"],
].map(([confirmed = "", copies = ""]) => ({ confirmed: variableOf(confirmed), copies: variableOf(copies) }));

/** What a broker's environment says of a variable; empty where it says nothing. */
const celGiven = (variable: string) =>
  cel`${environment("server", variable)} + ${environment("server", variable.replace("KAFKA_", "KAFKA_CFG_"))}`;

const celSettings = piece(
  [autoCreate, replication, ...ownVariables, ...confirmations.map(({ confirmed }) => confirmed)]
    .map((variable) => cel`${variable}: ${celGiven(variable)}`)
    .join(", "),
);

const celVariables = {
  brokers: cel`object.spec.?replicas.orValue(1)`,
  /** What the environment of each broker says, by variable; those that are configured by a file are left out. */
  settings: cel`${servers("kafka")}
    .filter(server, ${storeIs("kafka")} && server.?env.orValue([]).exists(variable, variable.name.matches(${configured})))
    .map(server, {${celSettings}})`,
};

const broker: ObjectRule = {
  id: "T01-kafka-broker",
  scope: "object",
  kinds: ["StatefulSet"],
  row: ["T01"],
  severity: "high",
  title: "Kafka replicates every message and does not create topics automatically",
  rationale:
    "A message with one copy is lost with one disk; if all brokers must confirm it, one restart stops writes; and a typing error creates a topic.",
  remediation: [
    "env:   # of three brokers",
    '  - { name: KAFKA_AUTO_CREATE_TOPICS_ENABLE, value: "false" }',
    '  - { name: KAFKA_DEFAULT_REPLICATION_FACTOR, value: "3" }',
    '  - { name: KAFKA_MIN_INSYNC_REPLICAS, value: "2" }',
  ].join("\n"),
  admission: ({ "T01-kafka-broker": { replicationFactor } }) => brokerCel(replicationFactor),
  celVariables,
  *check(object, settings) {
    if (dataStoreKind(object) !== "kafka") return;
    const { replicas: brokers = 1 } = (object.manifest["spec"] ?? {}) as { replicas?: number };
    const wanted = Math.min(brokers, settings["T01-kafka-broker"].replicationFactor);
    for (const { spec, path } of serverContainers(object, "kafka")) {
      if (!(spec.env ?? []).some(({ name }) => new RegExp(configured).test(name))) continue;
      const given = (variable: string) =>
        (spec.env ?? []).find(({ name }) => name.replace(cfg, "KAFKA_") === variable)?.value;
      const at = { path: `${path}.env`, container: spec.name };
      if (given(autoCreate) !== "false")
        yield { ...at, message: `${autoCreate} is ${given(autoCreate) ?? "not set"}, must be false` };
      const copies = Number(given(replication) ?? 1);
      if (!(copies >= wanted && copies <= brokers)) {
        yield {
          ...at,
          message: `${replication} is ${given(replication) ?? "not set, which means 1"}; with ${brokers} brokers it must be ${between(wanted, brokers)}`,
        };
      }
      for (const [setting, content] of Object.entries(ownTopics)) {
        const value = given(variableOf(setting));
        if (value !== undefined && !(Number(value) >= wanted && Number(value) <= brokers)) {
          yield {
            ...at,
            message: `${variableOf(setting)}, which keeps ${content}, is ${value}; with ${brokers} brokers it must be ${between(wanted, brokers)}`,
          };
        }
      }
      for (const { confirmed, copies: of } of confirmations) {
        // Kafka's own topic has its own defaults, which fit each other.
        if (of !== replication && given(confirmed) === undefined) continue;
        const held = Number(given(of) ?? 1);
        const [least, most] = [held >= 3 ? 2 : 1, Math.max(1, held - 1)];
        const value = Number(given(confirmed) ?? 1);
        if (value >= least && value <= most) continue;
        yield {
          ...at,
          message: `${confirmed} is ${given(confirmed) ?? "not set, which means 1"}; of ${held} replicas it must be ${between(least, most)}`,
        };
      }
    }
  },
};

function between(least: number, most: number): string {
  return least >= most ? `${least}` : `${least} to ${most}`;
}

function brokerCel(replicationFactor: number): CelCheck[] {
  const given = (variable: string) => cel`setting[${variable}]`;
  const whole = (variable: string) =>
    cel`(${given(variable)}.matches("^[0-9]{1,9}$") ? int(${given(variable)}) : ${given(variable)} == "" ? 1 : -1)`;
  const wanted = cel`(variables.brokers < ${replicationFactor} ? variables.brokers : ${replicationFactor})`;
  const fits = (variable: string) => cel`${whole(variable)} >= ${wanted} && ${whole(variable)} <= variables.brokers`;
  const unsetOr = (variable: string, condition: Cel) => cel`${given(variable)} == "" || ${condition}`;
  const confirms = (confirmed: string, copies: string) =>
    cel`${whole(confirmed)} >= (${whole(copies)} >= 3 ? 2 : 1) && ${whole(confirmed)} <= (${whole(copies)} > 1 ? ${whole(copies)} - 1 : 1)`;
  const checks: readonly (readonly [condition: Cel, message: string])[] = [
    [cel`${given(autoCreate)} == "false"`, `${autoCreate} is not false`],
    [fits(replication), `${replication} does not fit the number of brokers`],
    ...ownVariables.map(
      (variable) => [unsetOr(variable, fits(variable)), `${variable} does not fit the number of brokers`] as const,
    ),
    ...confirmations.map(({ confirmed, copies }) => {
      const condition = confirms(confirmed, copies);
      // Kafka's own topic has its own defaults, which fit each other.
      return [
        copies === replication ? condition : unsetOr(confirmed, condition),
        `${confirmed} does not fit ${copies}`,
      ] as const;
    }),
  ];
  return checks.map(([condition, message]) => ({
    expression: cel`variables.settings.all(setting, ${condition})`,
    message,
  }));
}

const topic: ObjectRule = {
  id: "T01-kafka-topic",
  scope: "object",
  kinds: topicKinds,
  row: ["T01", "T12"],
  severity: "high",
  title: "Topics set partitions, replicas and retention",
  rationale:
    "What a topic leaves open is the broker's default of that day, and a shorter retention deletes messages that nobody has read.",
  remediation: [
    "spec:",
    "  partitions: 6",
    "  replicas: 3",
    "  config:",
    "    retention.ms: 604800000",
    "    min.insync.replicas: 2   # below replicas, so that one broker may be away",
  ].join("\n"),
  admission: [
    ...["partitions", "replicas"].map((field) => ({
      expression: cel`object.kind != "KafkaTopic" || object.spec.?${piece(field)}.hasValue()`,
      message: `the topic says no ${field}`,
    })),
    {
      expression: cel`object.kind != "KafkaTopic" || object.spec.?config[?"retention.ms"].hasValue()`,
      message: "the topic says no retention.ms",
    },
    {
      expression: cel`object.kind != "KafkaTopic" || !has(object.spec.replicas) || object.spec.replicas <= 1
        || int(string(object.spec.?config[?"min.insync.replicas"].orValue(1))) < object.spec.replicas`,
      message: "min.insync.replicas is not below replicas",
    },
    {
      expression: cel`object.kind != "Job" || (variables.pod.containers + variables.pod.?initContainers.orValue([]))
        .all(container, container.?env.orValue([]).all(variable, variable.name != ${topicsVariable}
          || variable.?value.orValue("").split("\n").exists(line, !line.matches(${topicLine}))
          || variable.value.split("\n").all(line,
            int(line.split(" ")[2]) <= 1 || int(line.split(" ")[3]) < int(line.split(" ")[2]))))`,
      message: "a topic's least replicas in sync are not below its replicas",
    },
  ],
  *check(object) {
    for (const { name, path, partitions, replicas, minInSync = 1, retention } of topicsOf(object)) {
      for (const [field, value] of Object.entries({ partitions, replicas, "retention.ms": retention })) {
        if (value === undefined || value === null) yield { path, message: `topic ${name} says no ${field}` };
      }
      if (replicas !== undefined && replicas > 1 && minInSync >= replicas) {
        yield {
          path,
          message: `topic ${name} has min.insync.replicas ${minInSync} of ${replicas} replicas: one broker away stops every writer`,
        };
      }
    }
  },
};

const deadLetters: StackRule = {
  id: "T13-dead-letter-topic",
  scope: "stack",
  kinds: topicKinds,
  row: ["T13", "T01"],
  severity: "high",
  title: "Each topic has a dead-letter topic",
  rationale:
    "A message that no consumer can handle is lost or blocks all messages behind it, unless it goes to a topic that people watch.",
  remediation:
    "apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: order.events.dlq   # the topic's name and one of the suffixes",
  admission: { beyondCel: "The dead-letter topic is another object." },
  *check(object, objects, settings) {
    const { suffixes } = settings["T13-dead-letter-topic"];
    const topics = topicsOf(object);
    if (topics.length === 0) return;
    const names = new Set(topicsIn(objects, object.namespace).map(({ name }) => name));
    for (const { name, path } of topics) {
      // Kafka's own topics begin with two underscores.
      if (
        name.startsWith("__") ||
        suffixes.some((suffix) => name.endsWith(suffix)) ||
        suffixes.some((suffix) => names.has(`${name}${suffix}`))
      )
        continue;
      yield {
        path,
        message: `topic ${name} has no dead-letter topic: ${suffixes.map((suffix) => `${name}${suffix}`).join(", ")}`,
      };
    }
  },
};

interface ScaledObjectSpec {
  readonly maxReplicaCount?: number;
  readonly triggers?: readonly { readonly type?: string; readonly metadata?: { readonly topic?: string } }[];
}

const consumers: StackRule = {
  id: "T04-consumers-partitions",
  scope: "stack",
  kinds: ["ScaledObject"],
  row: ["T04"],
  severity: "high",
  title: "A topic has no fewer partitions than its consumers have replicas",
  rationale:
    "Kafka gives each partition to one consumer of a group: replicas beyond that cost as much as the others and do nothing.",
  remediation: "spec:\n  maxReplicaCount: 6   # at most the topic's partitions",
  admission: { beyondCel: "The topic is another object." },
  *check(object, objects) {
    const { maxReplicaCount = kedaMaximum, triggers = [] } = (object.manifest["spec"] ?? {}) as ScaledObjectSpec;
    for (const [index, { type, metadata }] of triggers.entries()) {
      if (!/kafka$/.test(type ?? "") || metadata?.topic === undefined) continue;
      const found = topicsIn(objects, object.namespace).find(({ name }) => name === metadata.topic);
      if (found?.partitions === undefined) {
        throw new NotEvaluable(
          `the partitions of topic ${metadata.topic}, which spec.triggers[${index}] follows, are not declared in this stack`,
        );
      }
      if (maxReplicaCount > found.partitions) {
        yield {
          path: "spec.maxReplicaCount",
          message: `allows ${maxReplicaCount} replicas to consume topic ${metadata.topic}, which has ${found.partitions} partitions`,
          fix: `spec:\n  maxReplicaCount: ${found.partitions}   # or more partitions`,
        };
      }
    }
  },
};

/** T01, T04, T13: brokers that lose nothing, topics that are declared, consumers that all have work. */
export const kafkaRules: readonly Rule[] = [broker, topic, deadLetters, consumers];
