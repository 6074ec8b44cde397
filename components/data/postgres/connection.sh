# Sourced by every script that talks to PostgreSQL. PGHOST PGDATABASE PGUSER PGPASSWORD_FILE name the database, PGPORT is
# 5432 unless set, and WAIT_SECONDS (default 300) bounds the wait for the server. PGSSLMODE and PGSSLROOTCERT say what an
# external server must prove.
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
  local waited=0 log="'kubectl logs' of the database pod"
  [[ -z ${PGSSLMODE:-} ]] || log="the server's own log, and whether its addresses are those of engine.cidr"
  until pg_isready --quiet; do
    refuse_without_proof
    ((waited < WAIT_SECONDS)) || fail_with 3 "$PGHOST:$PGPORT does not accept connections after $WAIT_SECONDS s: see $log"
    ((waited % 15 != 0)) || say "waiting for $PGHOST:$PGPORT ($waited s of at most $WAIT_SECONDS s)"
    sleep 3
    waited=$((waited + 3))
  done
  refuse_without_proof
}

# Ends the script where an external server does not prove what PGSSLMODE asks for, since waiting would not help. pg_isready does
# not say why it got no answer, and libpq has no code for it. It is asked again and again, so it waits no longer than 5 s.
refuse_without_proof() {
  local reason problem
  [[ -n ${PGSSLMODE:-} ]] || return 0
  ! reason=$(LC_ALL=C PGCONNECT_TIMEOUT=5 sql --command 'SELECT 1' 2>&1 >/dev/null) || return 0
  case $reason in
    *"does not support SSL"*) problem="it offers no TLS; switch TLS on there, or write tls.mode: disable where the network between is trusted" ;;
    *"does not match host name"*) problem="its certificate is for another name; connect to a name that it has, or give the server one for this name" ;;
    *"certificate has expired"* | *"not yet valid"*) problem="its certificate does not hold now; renew it" ;;
    *"certificate verify failed"*) problem="its certificate is from no authority in $PGSSLROOTCERT; put the one that signed it into the key ca.crt of the Secret that tls.caSecret names" ;;
    *"root certificate file"*) problem="$PGSSLROOTCERT cannot be read; put the authority's certificate into the key ca.crt of the Secret that tls.caSecret names" ;;
    *"no encryption"* | *"SL connection is required"*) problem="it takes no connection without TLS; write another tls.mode" ;;
    *"SSL error"*) problem="TLS fails; see the server's log" ;;
    *) return 0 ;;
  esac
  reason=${reason##*failed: }
  fail_with 3 "Postgres $PGHOST:$PGPORT is refused under tls.mode $PGSSLMODE: ${problem%%;*} (${reason//$'\n'/ });${problem#*;}"
}

sql() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }
