#!/usr/bin/env bash
# Runs a class of Kafka's jars under the variables of Kafka's own script: KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS,
# KAFKA_GC_LOG_OPTS, KAFKA_JMX_OPTS, KAFKA_LOG4J_OPTS, KAFKA_OPTS (each may hold several options), JMX_PORT, LOG_DIR, CLASSPATH and JAVA_HOME.
set -euo pipefail
kafka=$(cd "$(dirname "$0")/.." && pwd)

# The folder of final configurations may be a volume that no start has filled yet.
log4j=$kafka/config/tools-log4j2.yaml
if [[ ! -e $log4j ]]; then log4j=/etc/kafka/docker/tools-log4j2.yaml; fi

jmx=${KAFKA_JMX_OPTS:-}
if [[ -n ${JMX_PORT:-} ]]; then jmx="${jmx:--Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false} -Dcom.sun.management.jmxremote.port=$JMX_PORT"; fi

# Unquoted: each of them is a list of options.
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" ${KAFKA_HEAP_OPTS:--Xmx256M} ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1} \
  ${KAFKA_GC_LOG_OPTS:-} $jmx "-Dkafka.logs.dir=${LOG_DIR:-$kafka/logs}" ${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=$log4j} \
  -cp "${CLASSPATH:+$CLASSPATH:}$kafka/libs/*" ${KAFKA_OPTS:-} "$@"
