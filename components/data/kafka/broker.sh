#!/usr/bin/env bash
# Tells the broker who it is from the pod's own name, and starts it as the image does.
set -euo pipefail
rm -f /tmp/in-sync
export KAFKA_NODE_ID=${HOSTNAME##*-}
export KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://$HOSTNAME.$PEER_DOMAIN:9092"
unset PEER_DOMAIN
exec /etc/kafka/docker/run
