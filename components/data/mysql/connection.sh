# Sourced by every script that talks to MySQL or MariaDB; DATABASE_SERVER says which: mysql or mariadb. MYSQL_HOST MYSQL_USER
# MYSQL_PASSWORD_FILE name the server, MYSQL_PORT is 3306 unless set, and WAIT_SECONDS (default 300) bounds the wait for it.
# MYSQL_SSL_MODE and MYSQL_SSL_CA say what an external server must prove.
set -euo pipefail
umask 077
. "${BASH_SOURCE[0]%/*}/$DATABASE_SERVER.sh"

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# An option file keeps the password out of every argument list and of the environment; quotes and backslashes are escaped.
options=/tmp/client.cnf
password=$(<"$MYSQL_PASSWORD_FILE")
password=${password//\\/\\\\}
printf '[client]\nhost=%s\nport=%s\nuser=%s\npassword="%s"\n%s\n' "$MYSQL_HOST" "${MYSQL_PORT:-3306}" "$MYSQL_USER" "${password//\"/\\\"}" "$client_options" >"$options"
unset password
[[ -z ${MYSQL_SSL_MODE:-} ]] || tls_options "$MYSQL_SSL_MODE" "${MYSQL_SSL_CA:-}" >>"$options"

sql() { client --defaults-extra-file="$options" --batch --skip-column-names "$@"; }

wait_for_server() {
  local waited=0 limit=${WAIT_SECONDS:-300} reason
  until reason=$(sql --connect-timeout=5 --execute 'SELECT 1' 2>&1 >/dev/null); do
    refuse_without_proof "$reason"
    ((waited < limit)) || fail "no login as $MYSQL_USER to $MYSQL_HOST:${MYSQL_PORT:-3306} after $limit s: $reason"
    ((waited % 15 != 0)) || say "waiting for $MYSQL_HOST ($waited s of at most $limit s): $reason"
    sleep 3
    waited=$((waited + 3))
  done
}

# Ends the script where an external server does not prove what MYSQL_SSL_MODE asks for, since waiting would not help. The
# programs have one number for all of it, and the same words for another authority and for another name.
refuse_without_proof() { # REASON
  local reason=$1 problem
  [[ -n ${MYSQL_SSL_MODE:-} ]] || return 0
  [[ $reason != *ERROR* ]] || reason="ERROR${reason#*ERROR}" # warnings stand before it
  case $reason in
    *"nsecure transport"*) problem="it takes no connection without TLS; write another tls.mode" ;;
    *"SSL is required"*) problem="it offers no TLS; switch TLS on there, or write tls.mode: DISABLED where the network between is trusted" ;;
    *"expired"*) problem="its certificate does not hold now; renew it" ;;
    *"ertificate verif"* | *"ertificate failed"* | *"local issuer"* | *"self-signed"*) problem="its certificate is from no authority in $MYSQL_SSL_CA, or is for another name; put the one that signed it into the key ca.crt of the Secret that tls.caSecret names, or connect to a name that it has" ;;
    *"ERROR 2026"*) problem="TLS fails; see the server's log" ;;
    *) return 0 ;;
  esac
  fail "MySQL $MYSQL_HOST:${MYSQL_PORT:-3306} is refused under tls.mode $MYSQL_SSL_MODE: ${problem%%;*} (${reason//$'\n'/ });${problem#*;}"
}

# A scratch server takes what servers of its own product write, of its own version or an older one.
refuse_other_server() {
  local version own found=mysql
  version=$(sql --execute 'SELECT VERSION()') || fail "$MYSQL_HOST does not say its version: the reason stands above"
  own=$("$server_program" --version) || fail "the image has no server of $product"
  [[ $version != *MariaDB* ]] || found=mariadb
  [[ $found == "$DATABASE_SERVER" ]] || fail "$MYSQL_HOST runs $found $version, and bots-edi.database.server says $DATABASE_SERVER: set it to $found"
  [[ $own =~ Ver\ (([0-9]+)\.([0-9]+)[^ ]*) ]] || fail "the image's server does not say its version: $own"
  own=${BASH_REMATCH[1]}
  local newest=$((BASH_REMATCH[2] * 1000 + BASH_REMATCH[3]))
  [[ $version =~ ^([0-9]+)\.([0-9]+) ]] || fail "$MYSQL_HOST does not say its version: $version"
  ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] <= newest)) || fail "$MYSQL_HOST runs $product $version, and a copy of it cannot be proven with $product $own: raise images.$DATABASE_SERVER in components/images.ts to a release of that line"
}
