import type { Alert } from "../../alerts/alert.ts";
import { p1ToP4 } from "../../alerts/severities.ts";
import { memoryUsed } from "../../alerts/usage.ts";
import { above, here, namespace, system } from "./alert-forms.ts";
import { techbraObjectives } from "./objectives.ts";

const { P1, P2, P3 } = p1ToP4;
const groups = ["order-service-group", "billing-service-group", "inventory-service-group"];

/** What is watched of Kafka and of those who read it (T07, T08, T09, T13). */
export const kafkaAlerts: readonly Alert[] = [
  {
    name: "ConsumerLag",
    // A partition without a committed place has a lag of -1.
    expr: `sum by (namespace, consumergroup, topic) (kafka_consumergroup_lag{${here}} >= 0) > ${techbraObjectives.consumerLag}`,
    threshold: { value: techbraObjectives.consumerLag, unit: "count", row: "T07" },
    for: "5m",
    severity: P2,
    summary: "{{ $labels.consumergroup }} has much of {{ $labels.topic }} to read.",
    command: `npx runbook lag ${system} {{ $labels.consumergroup }}`,
  },
  {
    name: "ConsumerGroupMissing",
    // A group that is gone has no lag at all.
    expr: groups.map((group) => `absent(kafka_consumergroup_lag{${here}, consumergroup="${group}"})`).join("\nor\n"),
    threshold: { value: 1, unit: "count", row: "T08" },
    for: "15m",
    severity: P2,
    summary: "Kafka does not know {{ $labels.consumergroup }}: nobody reads for it.",
    command: `npx runbook lag ${system}`,
  },
  {
    name: "DeadLetters",
    expr: `sum by (namespace, topic) (increase(kafka_topic_partition_current_offset{${here}, topic=~".+\\\\.dlq"}[1h])) > 0`,
    threshold: { value: 0, unit: "count", row: "T13" },
    severity: P3,
    summary: "Messages came into {{ $labels.topic }} that no consumer could handle.",
    command: `npx runbook logs ${system} --since 2h`,
  },
  {
    name: "UnderReplicatedPartitions",
    expr: `sum by (namespace, topic) (kafka_topic_partition_under_replicated_partition{${here}}) > 0`,
    threshold: { value: 0, unit: "count", row: "T09" },
    for: "5m",
    severity: P1,
    summary: "Partitions of {{ $labels.topic }} lack a copy.",
    command: `npx runbook topics ${system}`,
  },
  above(
    techbraObjectives.kafkaDiskPercent,
    `platform:volume_used:ratio{${here}, persistentvolumeclaim=~"data-kafka-.*"}`,
    P2,
    {
      name: "KafkaDisk",
      summary: "Volume {{ $labels.persistentvolumeclaim }} fills up.",
      command: `npx runbook topics ${system}`,
    },
  ),
  above(techbraObjectives.kafkaMemoryPercent, memoryUsed(namespace, "kafka"), P2, {
    name: "KafkaMemory",
    summary: "Broker {{ $labels.pod }} uses nearly all of its memory.",
    command: `npx runbook restart ${system} kafka`,
  }),
];
