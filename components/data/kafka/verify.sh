#!/usr/bin/env bash
# Proves the newest copy: a scratch broker of this pod alone is given its topics, and must then describe the same ones. Only
# then does the copy become a verified one.
. /scripts/copy.sh

take_over
! grep -qvE '^"[^"]+","[^"]+",[0-9]+,[0-9]+$' "$copy/offsets.csv" || fail "$name: offsets.csv has a line that is no offset"

export CLUSTER_ID=MkU3OEVBNTcwNTJENDM2Qg KAFKA_NODE_ID=0 KAFKA_PROCESS_ROLES=broker,controller KAFKA_LOG_DIRS=/scratch/data
export KAFKA_LISTENERS=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093 KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:19092
export KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER KAFKA_CONTROLLER_QUORUM_VOTERS=0@127.0.0.1:19093
export KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
/etc/kafka/docker/run >/scratch/server.log 2>&1 &
server=$!
trap 'kill -9 "$server" 2>/dev/null || true' EXIT
export KAFKA_HEAP_OPTS=-Xmx96m
topics() { /opt/kafka/bin/kafka-topics.sh --bootstrap-server 127.0.0.1:19092 "$@"; }
for ((tries = 0; tries < 60; tries++)); do
  (exec 3<>/dev/tcp/127.0.0.1/19092) 2>/dev/null && break
  kill -0 "$server" 2>/dev/null || fail "the scratch broker did not start: $(tail -n 5 /scratch/server.log)"
  sleep 2
done

# The settings of a topic, one a line: a comma inside a value is not followed by a name. One broker can hold one copy of each partition, so the
# number in sync is left out; the throttles of a reassignment end with it.
settings_of() {
  sed -E 's/,([a-z][a-z0-9._-]*=)/\n\1/g' <<<"$1" | { grep -vE '^((min\.insync\.replicas|(leader|follower)\.replication\.throttled\.replicas)=.*)?$' || true; } | sort
}
while read -r topic partitions _ configs; do
  mapfile -t settings < <(settings_of "$configs")
  topics --create --topic "$topic" --partitions "$partitions" --replication-factor 1 "${settings[@]/#/--config=}" >/dev/null 2>/scratch/reason || fail "$name: topic $topic cannot be made again: $(tail -n 1 /scratch/reason)"
done <"$copy/topics"
normal() {
  local topic partitions configs
  while read -r topic partitions _ configs; do echo "$topic $partitions $(settings_of "$configs" | paste -sd' ' -)"; done | sort
}
topics --describe --exclude-internal | sed -nE 's/^Topic: ([^\t]+)\t.*PartitionCount: ([0-9]+)\tReplicationFactor: ([0-9]+)\tConfigs: *(.*)$/\1 \2 \3 \4/p' | normal >/scratch/restored
diff <(normal <"$copy/topics") /scratch/restored || fail "$name: the restored topics (>) differ from the copy (<)"

keep_copy "$(wc -l </scratch/restored) topics made again with equal partitions and settings"
