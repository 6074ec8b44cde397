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
. "$(dirname "${BASH_SOURCE[0]}")/connection.sh"

readonly lock_key=7310579120250901 # any number that nothing else in this database locks

[[ -n ${MIGRATIONS_DIR:-} ]] || problems+=("MIGRATIONS_DIR is not set")
[[ -z ${MIGRATIONS_DIR:-} || -d $MIGRATIONS_DIR ]] || problems+=("MIGRATIONS_DIR=$MIGRATIONS_DIR is not a folder")

# One session holds the advisory lock while others work. Should it break, the primary key of schema_migrations still
# lets only one of two runners record a version, and the other's transaction is undone.
take_lock() {
  local waited=0 answer
  coproc LOCK { sql; }
  while :; do
    echo "SELECT pg_try_advisory_lock($lock_key);" >&"${LOCK[1]}"
    read -r -t 30 answer <&"${LOCK[0]}" || fail_with 3 "the session for the lock gave no answer"
    [[ $answer != t ]] || return 0
    ((waited < WAIT_SECONDS)) || fail_with 5 "another runner still holds the lock after $WAIT_SECONDS s"
    ((waited % 15 != 0)) || say "another runner is at work, waiting ($waited s of at most $WAIT_SECONDS s)"
    sleep 3
    waited=$((waited + 3))
  done
}

checksum() { sha256sum <"$1" | cut -d' ' -f1; }

declare -A file_of=() recorded=()
versions=()
newest=

read_files() {
  local path name version line statement
  for path in "$MIGRATIONS_DIR"/*.sql; do
    [[ -e $path ]] || fail_with 2 "$MIGRATIONS_DIR holds no migration"
    name=${path##*/}
    version=${name%%_*}
    [[ $name =~ ^[0-9]{4}_[a-z0-9_]+\.sql$ ]] || fail_with 2 "$name is not named like 0001_what_it_does.sql"
    [[ -z ${file_of[$version]:-} ]] || fail_with 2 "$name and ${file_of[$version]##*/} have the same version"
    read -r line statement <<<"$(LC_ALL=C awk -f "${BASH_SOURCE[0]%/*}/transaction-end.awk" "$path")"
    [[ -z $statement ]] || fail_with 2 "$name ends its transaction itself with $statement in line $line, so its record could be lost: take the statement out"
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
  local version file whole applied=0
  for version in "${versions[@]}"; do
    file=${file_of[$version]}
    if [[ -n ${recorded[$version]:-} ]]; then
      say "${file##*/}: applied before"
      continue
    fi
    # The record comes first, so that of two runners the second stops before it changes anything. The last words ask whether the transaction is
    # still the first one: the text of a file does not tell what an included file or a generated statement does.
    whole=$(sql --single-transaction --set version="$version" --set checksum="$(checksum "$file")" \
      --file <(echo "INSERT INTO public.schema_migrations (version, checksum) VALUES (:'version', :'checksum'); SELECT pg_current_xact_id() AS transaction_of_record \\gset") --file "$file" \
      --file <(echo "SELECT pg_current_xact_id()::text = :'transaction_of_record';") | tail -n 1) ||
      fail_with 1 "${file##*/} failed and is undone; applied before it in this run: $applied"
    [[ $whole == t ]] || fail_with 1 "${file##*/} ended the transaction that holds its record: some of it may be there with the record or without it. Compare the tables with the file, mend them and schema_migrations by hand, and take out what ended it"
    say "${file##*/}: applied"
    applied=$((applied + 1))
  done
  say "done: $applied applied now, ${#versions[@]} in all, newest ${versions[-1]}"
}

connect
# A migration that cannot get its table lock fails instead of queueing in front of every other client.
# The last ones free the runners' lock within a minute when this node vanishes, on servers of others too.
export PGOPTIONS='-c lock_timeout=60s -c client_min_messages=warning -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=5 -c tcp_user_timeout=45s'
read_files
wait_for_server
sql --command 'SELECT 1' >/dev/null || fail_with 3 "no login as $PGUSER to $PGDATABASE on $PGHOST:$PGPORT: the reason stands above"
take_lock
read_records
refuse_contradictions
apply_new
