#!/usr/bin/env bash
# Starts Kafka under the environment contract of the apache/kafka image: KAFKA_* variables or files in /mnt/shared/config
# become the files of /opt/kafka/config, the storage is formatted with CLUSTER_ID, and the server takes this process over.
# Arguments NAME=VALUE count as variables.
set -euo pipefail

fail() { echo "error: $*" >&2; exit 1; }

secret() { # VARIABLE: the path of the file in /etc/kafka/secrets that VARIABLE names
  [[ -n ${!1:-} ]] || fail "an SSL listener needs $1"
  [[ -r /etc/kafka/secrets/${!1} ]] || fail "/etc/kafka/secrets/${!1}, which $1 names, cannot be read"
  echo "/etc/kafka/secrets/${!1}"
}

store() { # KEYSTORE|TRUSTSTORE: sets the location and the password of a store
  local location credentials
  location=$(secret "KAFKA_SSL_$1_FILENAME")
  credentials=$(secret "KAFKA_SSL_$1_CREDENTIALS")
  export "KAFKA_SSL_$1_LOCATION=$location" "KAFKA_SSL_$1_PASSWORD=$(<"$credentials")"
}

for setting in "$@"; do export "$setting"; done
export CLUSTER_ID=${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}
advertised=${KAFKA_ADVERTISED_LISTENERS:-}

if [[ ${KAFKA_PROCESS_ROLES:-} == controller ]]; then
  [[ -z $advertised ]] || fail "KAFKA_ADVERTISED_LISTENERS is not for a node that is a controller alone"
  unset KAFKA_ADVERTISED_LISTENERS
elif [[ -z ${KAFKA_LISTENERS:-} && -n $advertised ]]; then
  # Listens on every address at the ports that it advertises.
  KAFKA_LISTENERS=$(sed 's|://[^:]*:|://0.0.0.0:|g' <<<"$advertised")
  export KAFKA_LISTENERS
fi

if [[ $advertised == *SSL://* ]]; then
  store KEYSTORE
  key=$(secret KAFKA_SSL_KEY_CREDENTIALS)
  export KAFKA_SSL_KEY_PASSWORD=$(<"$key")
  if [[ ${KAFKA_SSL_CLIENT_AUTH:-} == *requ* ]]; then store TRUSTSTORE; fi
fi
if [[ $advertised =~ SASL_[A-Z]+:// && -z ${KAFKA_OPTS:-} ]]; then fail "a SASL listener needs KAFKA_OPTS with -Djava.security.auth.login.config"; fi

if [[ -n ${KAFKA_JMX_PORT:-} ]]; then
  export JMX_PORT=$KAFKA_JMX_PORT KAFKA_JMX_HOSTNAME=${KAFKA_JMX_HOSTNAME:-$(hostname -i | cut -d' ' -f1)}
  jmx="-Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false"
  KAFKA_JMX_OPTS="${KAFKA_JMX_OPTS:-$jmx} -Djava.rmi.server.hostname=$KAFKA_JMX_HOSTNAME -Dcom.sun.management.jmxremote.local.only=false -Dcom.sun.management.jmxremote.rmi.port=$JMX_PORT"
  export KAFKA_JMX_OPTS
fi

[[ -w /opt/kafka/config ]] || fail "/opt/kafka/config cannot be written: mount a volume there"
# JMX is the server's own: its port must not be taken, nor printed, by the program that formats.
said=$(JMX_PORT= KAFKA_JMX_OPTS= /opt/kafka/bin/kafka-run-class.sh kafka.docker.KafkaDockerWrapper setup \
  --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1) ||
  [[ $said == *"already formatted"* ]] || fail "the configuration or the storage cannot be set up: $said"
echo "$said"
exec /opt/kafka/bin/kafka-server-start.sh /opt/kafka/config/server.properties
