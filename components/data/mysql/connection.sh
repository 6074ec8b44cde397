# Sourced by every script that talks to MySQL or MariaDB. MYSQL_HOST MYSQL_USER MYSQL_PASSWORD_FILE name the server, MYSQL_PORT
# is 3306 unless set, and WAIT_SECONDS (default 300) bounds the wait for it.
set -euo pipefail
umask 077

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# An option file keeps the password out of every argument list and of the environment; quotes and backslashes are escaped.
options=/tmp/client.cnf
password=$(<"$MYSQL_PASSWORD_FILE")
password=${password//\\/\\\\}
printf '[client]\nhost=%s\nport=%s\nuser=%s\npassword="%s"\n' "$MYSQL_HOST" "${MYSQL_PORT:-3306}" "$MYSQL_USER" "${password//\"/\\\"}" >"$options"
unset password

sql() { mariadb --defaults-extra-file="$options" --batch --skip-column-names "$@"; }

wait_for_server() {
  local waited=0 limit=${WAIT_SECONDS:-300} reason
  until reason=$(sql --connect-timeout=5 --execute 'SELECT 1' 2>&1 >/dev/null); do
    ((waited < limit)) || fail "no login as $MYSQL_USER to $MYSQL_HOST:${MYSQL_PORT:-3306} after $limit s: $reason"
    ((waited % 15 != 0)) || say "waiting for $MYSQL_HOST ($waited s of at most $limit s): $reason"
    sleep 3
    waited=$((waited + 3))
  done
}

# One line a table: name|rows.
count_rows() { # DATABASE [CLIENT...]
  local database=$1 table; shift
  while read -r table; do
    printf '%s|%s\n' "$table" "$("$@" --execute "SELECT count(*) FROM \`$database\`.\`$table\`")"
  done < <("$@" --execute "SELECT table_name FROM information_schema.tables WHERE table_schema = '$database' AND table_type = 'BASE TABLE' ORDER BY table_name")
}
