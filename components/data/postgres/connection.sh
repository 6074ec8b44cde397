# Sourced by the scripts beside it: waits for the server named by PGHOST, with the password from a file.
# PASSWORD_FILE never reaches a command line or the environment of a child.
set -euo pipefail
umask 077

export PGPASSFILE=/tmp/pgpass PGCONNECT_TIMEOUT=5
printf '*:*:*:%s:%s\n' "$PGUSER" "$(<"$PASSWORD_FILE")" >"$PGPASSFILE"

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

wait_for_server() {
  local waited=0 limit=${WAIT_SECONDS:-300}
  until pg_isready --quiet; do
    ((waited < limit)) || fail "$PGHOST:${PGPORT:-5432} does not accept connections after ${limit} s: see 'kubectl logs' of the database pod"
    ((waited % 15 == 0)) && say "waiting for $PGHOST:${PGPORT:-5432} (${waited} s of at most ${limit} s)"
    sleep 3
    waited=$((waited + 3))
  done
}
