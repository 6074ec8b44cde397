#!/usr/bin/env bash
# Starts MariaDB under the environment contract of the official image: MARIADB_ROOT_PASSWORD, _ROOT_HOST, _DATABASE, _USER,
# _PASSWORD (each also as *_FILE), _RANDOM_ROOT_PASSWORD, _ALLOW_EMPTY_ROOT_PASSWORD, _INITDB_SKIP_TZINFO, all of them also
# spelt MYSQL_*, and scripts in /docker-entrypoint-initdb.d.
set -euo pipefail

fail() { echo "error: $*" >&2; exit 1; }

setting() { # NAME [DEFAULT]: sets MARIADB_NAME and MYSQL_NAME to the value of either, or to the content of the file that either's _FILE names
  local variable value=
  for variable in "MARIADB_$1" "MYSQL_$1"; do
    local file="${variable}_FILE"
    if [[ -n ${!variable:-} && -n ${!file:-} ]]; then fail "both $variable and $file are set: set one of them"; fi
    if [[ -z $value && -n ${!file:-} ]]; then value=$(<"${!file}"); fi
    value=${value:-${!variable:-}}
    unset "$file"
  done
  export "MARIADB_$1=${value:-${2:-}}" "MYSQL_$1=${value:-${2:-}}"
}

string() { # TEXT: an SQL string
  local text=${1//\\/\\\\}
  text=${text//\'/\\\'}
  printf "'%s'" "${text//$'\n'/\\n}"
}

# Scripts of /docker-entrypoint-initdb.d may call it by this name, too. The password is never an argument.
docker_process_sql() { MYSQL_PWD=$root_password mariadb --protocol=socket --socket="$socket" --user=root ${MARIADB_DATABASE:+--database="$MARIADB_DATABASE"} "$@"; }

accounts() {
  local root user database=${MARIADB_DATABASE//\`/\`\`}
  root=$(string "$MARIADB_ROOT_PASSWORD")
  echo "SET SESSION sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '');"
  # The installation makes these without a password.
  echo "DROP USER IF EXISTS root@'127.0.0.1', root@'::1'; EXECUTE IMMEDIATE CONCAT('DROP USER IF EXISTS root@', QUOTE(@@hostname));"
  if [[ $MARIADB_ROOT_HOST != localhost ]]; then
    echo "CREATE USER root@$(string "$MARIADB_ROOT_HOST") IDENTIFIED BY $root; GRANT ALL ON *.* TO root@$(string "$MARIADB_ROOT_HOST") WITH GRANT OPTION;"
  fi
  if [[ -n $database ]]; then echo "CREATE DATABASE IF NOT EXISTS \`$database\`;"; fi
  if [[ -n $MARIADB_USER && -n $MARIADB_PASSWORD ]]; then
    user="$(string "$MARIADB_USER")@'%'"
    echo "CREATE USER $user IDENTIFIED BY $(string "$MARIADB_PASSWORD");"
    # A grant takes a bare _ for any character.
    if [[ -n $database ]]; then echo "GRANT ALL ON \`${database//_/\\_}\`.* TO $user;"; fi
  fi
  echo "SET PASSWORD FOR root@localhost = PASSWORD($root);"
}

run_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) if [[ -x $script ]]; then "$script"; else . "$script"; fi ;;
      *.sql) docker_process_sql <"$script" ;;
      *.sql.gz) gunzip -c "$script" | docker_process_sql ;;
      *) continue ;;
    esac
    echo "ran $script"
  done
}

initialize() { # COMMAND...
  local server said root_password=
  setting ROOT_PASSWORD
  setting ROOT_HOST %
  setting DATABASE
  setting USER
  setting PASSWORD
  if [[ -n ${MARIADB_RANDOM_ROOT_PASSWORD:-${MYSQL_RANDOM_ROOT_PASSWORD:-}} ]]; then
    MARIADB_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64)
    echo "GENERATED ROOT PASSWORD: $MARIADB_ROOT_PASSWORD"
  elif [[ -z $MARIADB_ROOT_PASSWORD && -z ${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD:-${MYSQL_ALLOW_EMPTY_PASSWORD:-}} ]]; then
    fail "root has no password: set MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_FILE, MARIADB_RANDOM_ROOT_PASSWORD or MARIADB_ALLOW_EMPTY_ROOT_PASSWORD"
  fi
  # Its presence says that an earlier initialization was cut short: what it left is not a database anyone has used.
  if [[ -e $mark ]]; then find "$datadir" -mindepth 1 -maxdepth 1 ! -path "$mark" ! -name lost+found -exec rm -rf {} +; fi
  touch "$mark"
  # A time zone that is set is not known yet.
  local first=(--skip-log-bin --default-time-zone=SYSTEM)
  said=$(mariadb-install-db --datadir="$datadir" --auth-root-authentication-method=normal --skip-test-db "${@:2}" "${first[@]}" 2>&1) || fail "the data directory cannot be made: $said"
  # Only the socket listens until the scripts are done.
  "$@" --skip-networking "${first[@]}" &
  server=$!
  trap "kill $server" EXIT
  until mariadb-admin --socket="$socket" --user=root ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail "MariaDB does not start"
    sleep 0.2
  done
  if [[ -z ${MARIADB_INITDB_SKIP_TZINFO:-${MYSQL_INITDB_SKIP_TZINFO:-}} ]]; then
    mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo | docker_process_sql --database=mysql
  fi
  accounts | docker_process_sql --database=mysql --binary-mode
  root_password=$MARIADB_ROOT_PASSWORD
  run_scripts
  trap - EXIT
  kill "$server"
  wait "$server"
  rm "$mark"
}

if [[ ${1:-} == -* ]]; then set -- mariadbd "$@"; fi
if [[ ${1:-} == mariadbd || ${1:-} == mysqld ]] && ! [[ " $* " =~ \ (--help|--version|-\?|-V)\  ]]; then
  settings=$("$@" --verbose --help 2>&1) || fail "the configuration is refused: $(grep -F '[ERROR]' <<<"$settings")"
  datadir=$(awk '/^datadir / { print $2 }' <<<"$settings")
  socket=$(awk '/^socket / { print $2 }' <<<"$settings")
  datadir=${datadir%/}
  mark=$datadir/.initializing
  mkdir -p "$datadir" "${socket%/*}"
  if [[ $(id -u) == 0 ]]; then
    chown -R mysql:mysql "$datadir" "${socket%/*}"
    exec setpriv --reuid=mysql --regid=mysql --clear-groups "$BASH_SOURCE" "$@"
  fi
  if [[ -d $datadir/mysql && ! -e $mark ]]; then echo "the data directory $datadir holds a database: not initializing it"; else initialize "$@"; fi
  unset MARIADB_ROOT_PASSWORD MARIADB_PASSWORD MYSQL_ROOT_PASSWORD MYSQL_PASSWORD
fi
exec "$@"
