#!/usr/bin/env bash
# Starts PostgreSQL under the environment contract of the official image: POSTGRES_USER, _PASSWORD, _DB, _INITDB_ARGS,
# _HOST_AUTH_METHOD (each password and name also as *_FILE), PGDATA, and scripts in /docker-entrypoint-initdb.d.
set -euo pipefail

from_file() { # NAME [DEFAULT]: the value of NAME, or the content of the file that NAME_FILE names
  local name=$1 file_name="$1_FILE" value=${2:-}
  if [[ -n ${!name:-} && -n ${!file_name:-} ]]; then
    echo "error: both $name and $file_name are set: set one of them" >&2
    exit 1
  fi
  if [[ -n ${!name:-} ]]; then value=${!name}; elif [[ -n ${!file_name:-} ]]; then value=$(<"${!file_name}"); fi
  export "$name=$value"
  unset "$file_name"
}

run_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) if [[ -x $script ]]; then "$script"; else . "$script"; fi ;;
      *.sql) local_psql -f "$script" ;;
      *.sql.gz) gunzip -c "$script" | local_psql ;;
      *) continue ;;
    esac
    echo "ran $script"
  done
}

local_psql() { PGHOST= PGPASSWORD=$POSTGRES_PASSWORD psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc -U "$POSTGRES_USER" -d "${database:-$POSTGRES_DB}" "$@"; }

initialize() {
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS
  : "${POSTGRES_HOST_AUTH_METHOD:=}"
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    echo "error: the superuser has no password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, or allow everybody with POSTGRES_HOST_AUTH_METHOD=trust" >&2
    exit 1
  fi
  # Its presence says that an earlier initialization was cut short: what it left is not a database anyone has used.
  if [[ -e $PGDATA.initializing ]]; then find "$PGDATA" -mindepth 1 -delete; fi
  touch "$PGDATA.initializing"
  eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") $POSTGRES_INITDB_ARGS"
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  # Only the socket listens until the scripts are done.
  pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p ${PGPORT:-5432}" -w start
  if [[ $POSTGRES_DB != postgres ]]; then
    database=postgres local_psql --set name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
  fi
  run_scripts
  pg_ctl -D "$PGDATA" -m fast -w stop
  rm "$PGDATA.initializing"
  unset POSTGRES_PASSWORD
}

if [[ ${1:0:1} == - ]]; then set -- postgres "$@"; fi
if [[ ${1:-} == postgres ]]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  if [[ $(id -u) == 0 ]]; then
    chown -R postgres:postgres "$PGDATA" /var/run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --clear-groups "$BASH_SOURCE" "$@"
  fi
  chmod 700 "$PGDATA" 2>/dev/null || true
  if [[ -s $PGDATA/PG_VERSION && ! -e $PGDATA.initializing ]]; then echo "the data directory $PGDATA holds a database: not initializing it"; else initialize; fi
fi
exec "$@"
