# Waits until HOST accepts a connection at PORT, WAIT_SECONDS (default 60) at most. A network that enforces policies may refuse a new pod's
# connections for its first seconds, and the program behind this step gives up at the first one.
set -euo pipefail
limit=${WAIT_SECONDS:-60}
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
until reason=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$HOST/$PORT"' 2>&1); do
  ((SECONDS < limit)) || { say "FAILED: $HOST:$PORT accepts no connection after $limit s (${reason##*: }): see whether the server runs, and whether the network policies let this pod reach it" >&2; exit 1; }
  say "waiting for $HOST:$PORT"
  sleep 2
done
