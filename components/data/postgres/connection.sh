# Sourced by every script that talks to PostgreSQL. PGHOST PGDATABASE PGUSER PGPASSWORD_FILE name the database, PGPORT is
# 5432 unless set, and WAIT_SECONDS (default 300) bounds the wait for the server.
# Exit codes: 1 failed, 2 wrong environment, 3 the server cannot be reached.
set -euo pipefail
umask 077

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail_with() { local code=$1; shift; say "FAILED: $*" >&2; exit "$code"; }
fail() { fail_with 1 "$@"; }
# Joins its arguments, so that all problems are told at once.
fail_with_all() { local code=$1 all; shift; printf -v all '%s; ' "$@"; fail_with "$code" "${all%; }"; }

problems=()
for name in PGHOST PGDATABASE PGUSER PGPASSWORD_FILE; do
  [[ -n ${!name:-} ]] || problems+=("$name is not set")
done
[[ -z ${PGPASSWORD_FILE:-} || -r $PGPASSWORD_FILE ]] || problems+=("PGPASSWORD_FILE=$PGPASSWORD_FILE is not a readable file")
[[ ${WAIT_SECONDS:=300} =~ ^[0-9]+$ ]] || problems+=("WAIT_SECONDS=$WAIT_SECONDS is not a whole number of seconds")

# To be called when the script has added its own problems. libpq's password file keeps the password out of every argument
# list and every child's environment; it wants : and \ escaped.
connect() {
  local password
  ((${#problems[@]} == 0)) || fail_with_all 2 "${problems[@]}"
  password=$(<"$PGPASSWORD_FILE")
  password=${password//\\/\\\\}
  PGPASSFILE=$(mktemp /tmp/pgpass.XXXXXX)
  trap 'rm -f "$PGPASSFILE"' EXIT
  printf '*:*:*:*:%s\n' "${password//:/\\:}" >"$PGPASSFILE"
  # A busy node takes seconds to answer, and a night's copy is worth the wait.
  export PGPASSFILE PGPORT=${PGPORT:-5432} PGCONNECT_TIMEOUT=30 PGAPPNAME=${0##*/}
}

wait_for_server() {
  local waited=0
  until pg_isready --quiet; do
    ((waited < WAIT_SECONDS)) || fail_with 3 "$PGHOST:$PGPORT does not accept connections after $WAIT_SECONDS s: see 'kubectl logs' of the database pod"
    ((waited % 15 != 0)) || say "waiting for $PGHOST:$PGPORT ($waited s of at most $WAIT_SECONDS s)"
    sleep 3
    waited=$((waited + 3))
  done
}

sql() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }
