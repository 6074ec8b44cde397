#!/usr/bin/env bash
# Brings the topics to what is declared: makes those that are missing, adds partitions, sets retention. Safe to run again.
# Nothing is ever deleted and no partition removed: both would lose messages that nobody has read.
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
while read -r name partitions replicas min_in_sync retention; do
  has=$(sed -nE "s/^Topic: ${name//./\\.}\t.*PartitionCount: ([0-9]+).*/\1/p" <<<"$existing")
  if [[ -z $has ]]; then
    topics --create --if-not-exists --topic "$name" --partitions "$partitions" --replication-factor "$replicas" --config "retention.ms=$retention" --config "min.insync.replicas=$min_in_sync" >/dev/null
    say "$name: made with $partitions partitions"
    continue
  fi
  ((has <= partitions)) || fail "$name has $has partitions and $partitions are declared: partitions cannot be removed, declare at least $has"
  if ((has < partitions)); then
    topics --alter --topic "$name" --partitions "$partitions"
    say "$name: $has partitions grew to $partitions"
  fi
  /opt/kafka/bin/kafka-configs.sh --bootstrap-server "$BOOTSTRAP" --alter --entity-type topics --entity-name "$name" --add-config "retention.ms=$retention,min.insync.replicas=$min_in_sync" >/dev/null
  say "$name: as declared"
done <<<"$TOPICS"
