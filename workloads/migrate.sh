#!/usr/bin/env bash
# Applies the SQL files of MIGRATIONS_DIR in order, each in one transaction with its record in schema_migrations.
#
# PGHOST PGDATABASE PGUSER   the database and its owner
# PGPORT                     default 5432
# PGPASSWORD_FILE            file that holds the password
# MIGRATIONS_DIR             holds files named 0001_what_it_does.sql
# WAIT_SECONDS               longest wait for the server and for another runner, default 300
#
# Exit codes: 0 everything is applied, 1 a migration failed (and left nothing behind), 2 wrong environment or files,
# 3 the server cannot be reached or refuses the login, 4 files and records contradict each other (nothing was applied),
# 5 another runner holds the lock for too long.
set -euo pipefail
umask 077

readonly lock_key=7310579120250901 # any number that nothing else in this database locks
wait_seconds=${WAIT_SECONDS:-300}

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { local code=$1; shift; say "FAILED: $*" >&2; exit "$code"; }
fail_with_all() { local code=$1 all; shift; printf -v all '%s; ' "$@"; fail "$code" "${all%; }"; }

check_environment() {
  local name problems=()
  for name in PGHOST PGDATABASE PGUSER PGPASSWORD_FILE MIGRATIONS_DIR; do
    [[ -n ${!name:-} ]] || problems+=("$name is not set")
  done
  [[ -z ${PGPASSWORD_FILE:-} || -r $PGPASSWORD_FILE ]] || problems+=("PGPASSWORD_FILE=$PGPASSWORD_FILE is not a readable file")
  [[ -z ${MIGRATIONS_DIR:-} || -d $MIGRATIONS_DIR ]] || problems+=("MIGRATIONS_DIR=$MIGRATIONS_DIR is not a folder")
  [[ $wait_seconds =~ ^[0-9]+$ ]] || problems+=("WAIT_SECONDS=$wait_seconds is not a whole number of seconds")
  ((${#problems[@]} == 0)) || fail_with_all 2 "${problems[@]}"
}

# libpq's own way to a password that shows in no argument list and no child's environment; it wants : and \ escaped.
use_password_file() {
  local password
  password=$(<"$PGPASSWORD_FILE")
  password=${password//\\/\\\\}
  PGPASSFILE=$(mktemp /tmp/pgpass.XXXXXX)
  trap 'rm -f "$PGPASSFILE"' EXIT
  printf '*:*:*:*:%s\n' "${password//:/\\:}" >"$PGPASSFILE"
  # A migration that cannot get its table lock fails instead of queueing in front of every other client.
  export PGPASSFILE PGPORT=${PGPORT:-5432} PGCONNECT_TIMEOUT=5 PGAPPNAME=migrate PGOPTIONS='-c lock_timeout=60s -c client_min_messages=warning'
}

sql() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }

wait_for_server() {
  local waited=0
  until pg_isready --quiet; do
    ((waited < wait_seconds)) || fail 3 "$PGHOST:$PGPORT does not accept connections after $wait_seconds s"
    ((waited % 15 != 0)) || say "waiting for $PGHOST:$PGPORT ($waited s of at most $wait_seconds s)"
    sleep 3
    waited=$((waited + 3))
  done
  sql --command 'SELECT 1' >/dev/null || fail 3 "no login as $PGUSER to $PGDATABASE on $PGHOST:$PGPORT: the reason stands above"
}

# One session holds the advisory lock while others work. Should it break, the primary key of schema_migrations still
# lets only one of two runners record a version, and the other's transaction is undone.
take_lock() {
  local waited=0 answer
  coproc LOCK { sql; }
  while :; do
    echo "SELECT pg_try_advisory_lock($lock_key);" >&"${LOCK[1]}"
    read -r -t 30 answer <&"${LOCK[0]}" || fail 3 "the session for the lock gave no answer"
    [[ $answer != t ]] || return 0
    ((waited < wait_seconds)) || fail 5 "another runner still holds the lock after $wait_seconds s"
    ((waited % 15 != 0)) || say "another runner is at work, waiting ($waited s of at most $wait_seconds s)"
    sleep 3
    waited=$((waited + 3))
  done
}

checksum() { sha256sum <"$1" | cut -d' ' -f1; }

declare -A file_of=() recorded=()
versions=()
newest=

read_files() {
  local path name version
  for path in "$MIGRATIONS_DIR"/*.sql; do
    [[ -e $path ]] || fail 2 "$MIGRATIONS_DIR holds no migration"
    name=${path##*/}
    version=${name%%_*}
    [[ $name =~ ^[0-9]{4}_[a-z0-9_]+\.sql$ ]] || fail 2 "$name is not named like 0001_what_it_does.sql"
    [[ -z ${file_of[$version]:-} ]] || fail 2 "$name and ${file_of[$version]##*/} have the same version"
    ! grep -qiE '^[[:space:]]*(commit|rollback)\b' "$path" || fail 2 "$name ends its transaction itself, so its record could be lost"
    file_of[$version]=$path
    versions+=("$version")
  done
}

read_records() {
  local version sum
  sql --command 'CREATE TABLE IF NOT EXISTS public.schema_migrations (version text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())'
  newest=$(sql --command 'SELECT max(version) FROM public.schema_migrations')
  while IFS='|' read -r version sum; do
    [[ -z $version ]] || recorded[$version]=$sum
  done < <(sql --command 'SELECT version, checksum FROM public.schema_migrations')
}

# Everything is compared before anything is applied.
refuse_contradictions() {
  local version problems=()
  for version in "${versions[@]}"; do
    if [[ -z ${recorded[$version]:-} ]]; then
      [[ $version > $newest ]] || problems+=("${file_of[$version]##*/} is new, but $newest is applied already: give it a higher number")
    elif [[ ${recorded[$version]} != "$(checksum "${file_of[$version]}")" ]]; then
      problems+=("${file_of[$version]##*/} was changed after it had been applied: restore it and write a new migration")
    fi
  done
  for version in "${!recorded[@]}"; do
    [[ -n ${file_of[$version]:-} ]] || say "note: $version is applied and has no file here (an older release?)"
  done
  ((${#problems[@]} == 0)) || fail_with_all 4 "${problems[@]}"
}

apply_new() {
  local version file applied=0
  for version in "${versions[@]}"; do
    file=${file_of[$version]}
    if [[ -n ${recorded[$version]:-} ]]; then
      say "${file##*/}: applied before"
      continue
    fi
    # The record comes first, so that of two runners the second stops before it changes anything.
    sql --single-transaction --set version="$version" --set checksum="$(checksum "$file")" \
      --file <(echo "INSERT INTO public.schema_migrations (version, checksum) VALUES (:'version', :'checksum');") --file "$file" >/dev/null ||
      fail 1 "${file##*/} failed and is undone; applied before it in this run: $applied"
    say "${file##*/}: applied"
    applied=$((applied + 1))
  done
  say "done: $applied applied now, ${#versions[@]} in all, newest ${versions[-1]}"
}

check_environment
use_password_file
read_files
wait_for_server
take_lock
read_records
refuse_contradictions
apply_new
