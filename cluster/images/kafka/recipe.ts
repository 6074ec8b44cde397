import { join } from "node:path";
import { images } from "../../../components/images.ts";
import { type Recipe, standIn } from "../recipe.ts";

const here = import.meta.dirname;
const configs = "etc/kafka/docker";

/**
 * Kafka's command-line tools but those of Connect and Streams, each /opt/kafka/bin/NAME.sh, and the class that it is.
 */
export const kafkaTools = {
  "kafka-acls": "org.apache.kafka.tools.AclCommand",
  "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
  "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
  "kafka-configs": "kafka.admin.ConfigCommand",
  "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-consumer-perf-test": "org.apache.kafka.tools.ConsumerPerformance",
  "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
  "kafka-dump-log": "kafka.tools.DumpLogSegments",
  "kafka-features": "org.apache.kafka.tools.FeatureCommand",
  "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-groups": "org.apache.kafka.tools.GroupsCommand",
  "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
  "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
  "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
  "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
  "kafka-reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
  "kafka-storage": "kafka.tools.StorageTool",
  "kafka-topics": "org.apache.kafka.tools.TopicCommand",
  "kafka-transactions": "org.apache.kafka.tools.TransactionsCommand",
} as const;

/** Kafka in KRaft mode under the contract of apache/kafka: a Java runtime of Debian, Kafka's jars of Maven Central. */
export const kafka: Recipe = {
  name: images.kafka,
  packages: ["openjdk-17-jre-headless"],
  user: { name: "appuser", id: 1000, home: "/home/appuser" },
  files: [
    { from: join(here, "run.sh"), to: `${configs}/run` },
    { from: join(here, "server.properties"), to: `${configs}/server.properties` },
    ...["log4j2.yaml", "tools-log4j2.yaml"].flatMap((name) =>
      [configs, "opt/kafka/config"].map((folder) => ({ from: join(here, name), to: `${folder}/${name}` })),
    ),
    ...["kafka-run-class.sh", "kafka-server-start.sh"].map((name) => ({
      from: join(here, name),
      to: `opt/kafka/bin/${name}`,
    })),
  ],
  maven: { pom: join(here, "pom.xml"), to: "opt/kafka/libs" },
  afterwards: [
    ...Object.entries(kafkaTools).map(
      ([name, main]) =>
        `printf '#!/bin/sh\\nexec "$(dirname "$0")/kafka-run-class.sh" ${main} "$@"\\n' >"$1/opt/kafka/bin/${name}.sh"`,
    ),
    'chmod 755 "$1"/opt/kafka/bin/*.sh',
    'mkdir -p "$1/home/appuser" "$1/opt/kafka/logs" "$1/mnt/shared/config" "$1/var/lib/kafka/data" "$1/etc/kafka/secrets"',
    'chown -R 1000:1000 "$1/home/appuser" "$1/opt/kafka/config" "$1/opt/kafka/logs" "$1/mnt/shared/config" "$1/var/lib/kafka" "$1/etc/kafka/secrets"',
  ],
  config: {
    command: ["/etc/kafka/docker/run"],
    environment: { LANG: "C.UTF-8" },
    user: "appuser",
    volumes: ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"],
    description: standIn("Debian's openjdk-17-jre-headless with Kafka's jars of Maven Central"),
  },
};
