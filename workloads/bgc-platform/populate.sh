#!/usr/bin/env bash
# Brings countries_metadata to the content of populate-countries.sql, which lies beside this script. Safe to run again.
# PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD_FILE name the database; WAIT_SECONDS (default 300) bounds the wait for it.
# Exit codes: 0 the countries are there, 1 they are not, 2 wrong environment, 3 the server cannot be reached.
set -euo pipefail
umask 077

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { local code=$1; shift; say "FAILED: $*" >&2; exit "$code"; }

for name in PGHOST PGDATABASE PGUSER PGPASSWORD_FILE; do
  [[ -n ${!name:-} ]] || fail 2 "$name is not set"
done
[[ -r $PGPASSWORD_FILE ]] || fail 2 "PGPASSWORD_FILE=$PGPASSWORD_FILE is not a readable file"

# libpq's password file keeps the password out of every argument list; it wants : and \ escaped.
password=$(<"$PGPASSWORD_FILE")
password=${password//\\/\\\\}
PGPASSFILE=$(mktemp /tmp/pgpass.XXXXXX)
trap 'rm -f "$PGPASSFILE"' EXIT
printf '*:*:*:*:%s\n' "${password//:/\\:}" >"$PGPASSFILE"
export PGPASSFILE PGPORT=${PGPORT:-5432} PGCONNECT_TIMEOUT=5 PGAPPNAME=populate-countries

waited=0 limit=${WAIT_SECONDS:-300}
until pg_isready --quiet; do
  ((waited < limit)) || fail 3 "$PGHOST:$PGPORT does not accept connections after $limit s"
  ((waited % 15 != 0)) || say "waiting for $PGHOST:$PGPORT ($waited s of at most $limit s)"
  sleep 3
  waited=$((waited + 3))
done

sql() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }
sql --single-transaction --file "$(dirname "${BASH_SOURCE[0]}")/populate-countries.sql" || fail 1 "countries_metadata is unchanged: the reason stands above"
say "done: $(sql --command 'SELECT count(*) FROM countries_metadata') countries in countries_metadata"
