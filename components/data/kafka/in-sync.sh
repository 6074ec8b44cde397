#!/usr/bin/env bash
# Readiness of one broker among several: its port is open, and it has every message of its partitions. A restarted broker opens its port long
# before that. Kafka is asked by a JVM, so an answer holds for five minutes; broker.sh takes that of an earlier start away.
# A partition without a leader does not count: nobody could catch up with it.
set -euo pipefail
(exec 3<>/dev/tcp/127.0.0.1/9092) 2>/dev/null || { echo "port 9092 is closed"; exit 1; }
[[ -z $(find /tmp/in-sync -mmin -5 2>/dev/null) ]] || exit 0

export KAFKA_HEAP_OPTS=-Xmx96m KAFKA_JVM_PERFORMANCE_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
described=$(/opt/kafka/bin/kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --describe --under-replicated-partitions 2>&1) || { echo "Kafka does not answer: ${described##*$'\n'}"; exit 1; }
behind=$(awk -v id="${HOSTNAME##*-}" '
  function has(brokers) { return index("," brokers ",", "," id ",") }
  {
    split("", is)
    for (field = 1; field < NF; field++) if ($field ~ /:$/) is[$field] = $(field + 1)
    if (has(is["Replicas:"]) && !has(is["Isr:"]) && is["Leader:"] != "none") print is["Topic:"] "-" is["Partition:"]
  }' <<<"$described" | paste -sd' ' -)
[[ -z $behind ]] || { rm -f /tmp/in-sync; echo "not in sync yet: $behind"; exit 1; }
touch /tmp/in-sync
