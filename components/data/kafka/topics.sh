#!/usr/bin/env bash
# Brings the topics to what is declared: makes those that are missing, adds partitions, sets retention. Safe to run again.
# Nothing is ever deleted and no partition removed: both would lose messages that nobody has read. A topic with another number of copies than
# is declared fails the run.
set -euo pipefail
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }
topics() { /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$BOOTSTRAP" "$@"; }

for ((tries = 1; ; tries++)); do
  existing=$(topics --describe 2>/tmp/reason) && break
  ((tries < 20)) || fail "$BOOTSTRAP does not answer: $(tail -n 1 /tmp/reason)"
  say "waiting for $BOOTSTRAP"
  sleep 5
done
# What `describe` says of a topic: its number of partitions, or its replication factor.
described() { sed -nE "s/^Topic: ${1//./\\.}\t.*$2: ([0-9]+).*/\1/p" <<<"$existing"; }

# Everything is compared before anything is changed. The copies of Kafka's own topics count as well: without the offsets a group begins anew.
problems=() advice= most=1
compare_copies() { # TOPIC DECLARED
  local has
  has=$(described "$1" ReplicationFactor)
  [[ -n $has && $has != "$2" ]] || return 0
  problems+=("$1 has a replication factor of $has and $2 is declared")
  advice=". Kafka makes or removes no copy by itself: give each partition its brokers with kafka-reassign-partitions.sh --execute, wait until --verify says completed, and run this Job again; or declare as many brokers as there were"
}
while read -r name partitions replicas _; do
  has=$(described "$name" PartitionCount)
  ((${has:-0} <= partitions)) || problems+=("$name has $has partitions and $partitions are declared: partitions cannot be removed, declare at least $has")
  compare_copies "$name" "$replicas"
  ((replicas <= most)) || most=$replicas
done <<<"$TOPICS"
compare_copies __consumer_offsets "$most"
compare_copies __transaction_state "$most"
((${#problems[@]} == 0)) || { printf -v all '%s; ' "${problems[@]}"; fail "${all%; }$advice"; }

while read -r name partitions replicas min_in_sync retention; do
  has=$(described "$name" PartitionCount)
  if [[ -z $has ]]; then
    topics --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor "$replicas" --config "retention.ms=$retention" --config "min.insync.replicas=$min_in_sync" >/dev/null
    say "$name: made with $partitions partitions"
    continue
  fi
  if ((has < partitions)); then
    topics --alter --topic "$name" --partitions "$partitions"
    say "$name: $has partitions grew to $partitions"
  fi
  /opt/kafka/bin/kafka-configs.sh --bootstrap-server "$BOOTSTRAP" --alter --entity-type topics --entity-name "$name" --add-config "retention.ms=$retention,min.insync.replicas=$min_in_sync" >/dev/null
  say "$name: as declared"
done <<<"$TOPICS"
