#!/bin/sh
# Runs Kafka's own tool of this file's name, with a heap that fits beside a broker.
export KAFKA_HEAP_OPTS=-Xmx96m
exec "/opt/kafka/bin/${0##*/}.sh" "$@"
