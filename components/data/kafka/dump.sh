#!/usr/bin/env bash
# Copies the definitions of all topics and the offsets of all consumer groups into a new, still unverified copy (T11). The
# offsets are in the form that kafka-consumer-groups.sh --reset-offsets --from-file reads.
. /scripts/copy.sh

PATH=$PATH:/opt/kafka/bin
new_copy kafka
say "copying topics and offsets of $BOOTSTRAP to $copy"

# name partitions replicas configs, a line each; Kafka's own topics are its own business.
kafka-topics.sh --bootstrap-server "$BOOTSTRAP" --describe --exclude-internal >/tmp/described
sed -nE 's/^Topic: ([^\t]+)\t.*PartitionCount: ([0-9]+)\tReplicationFactor: ([0-9]+)\tConfigs: *(.*)$/\1 \2 \3 \4/p' /tmp/described | sort >"$copy/topics"
[[ -s $copy/topics ]] || fail "$BOOTSTRAP has no topic: an empty copy must not push out a good one"
kafka-topics.sh --bootstrap-server "$BOOTSTRAP" --list --exclude-internal | sort | diff <(cut -d' ' -f1 "$copy/topics") - || fail "the copied topics (<) are not those of $BOOTSTRAP (>)"
kafka-consumer-groups.sh --bootstrap-server "$BOOTSTRAP" --all-groups --describe >/tmp/groups 2>/tmp/reason || fail "the offsets cannot be read: $(tail -n 1 /tmp/reason)"
# "group","topic",partition,offset
awk '$1 != "GROUP" && $4 ~ /^[0-9]+$/ { printf "\"%s\",\"%s\",%s,%s\n", $1, $2, $3, $4 }' /tmp/groups | sort >"$copy/offsets.csv"
hand_over
say "copied $(wc -l <"$copy/topics") topics and $(wc -l <"$copy/offsets.csv") offsets"
