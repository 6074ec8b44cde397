#!/usr/bin/env bash
# Brings the database, its owner and the backup user to what is declared. Runs as root of the server; safe to run again,
# also after a rotation. No password goes to the server, and so none into its logs and messages: it gets what it would store.
#
# APP_USER APP_DATABASE APP_PASSWORD_FILE   the owner, its database and its password
# BACKUP_PASSWORD_FILE                      password of the user backup
. "$(dirname "${BASH_SOURCE[0]}")/connection.sh"

wait_for_server
say "provisioning user $APP_USER, user backup and database $APP_DATABASE on $MYSQL_HOST"
# The server's PASSWORD(): the SHA-1 of the SHA-1. No file or an empty one would be a user without a password.
hash_of() { # FILE
  local inner outer
  [[ -n $(tr -d '\n' <"$1") ]] || fail "a password is empty, and nobody may log in without one"
  inner=$(printf '%s' "$(<"$1")" | sha1sum)
  inner=${inner%% *}
  outer=$(printf "$(sed 's/../\\x&/g' <<<"$inner")" | sha1sum)
  printf '*%s' "${outer%% *}" | tr a-f A-F
}
app_hash=$(hash_of "$APP_PASSWORD_FILE")
backup_hash=$(hash_of "$BACKUP_PASSWORD_FILE")
sql <<SQL
CREATE DATABASE IF NOT EXISTS \`$APP_DATABASE\` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '$APP_USER'@'%';
CREATE USER IF NOT EXISTS 'backup'@'%';
ALTER USER '$APP_USER'@'%' IDENTIFIED VIA mysql_native_password USING '$app_hash';
ALTER USER 'backup'@'%' IDENTIFIED VIA mysql_native_password USING '$backup_hash';
GRANT ALL PRIVILEGES ON \`$APP_DATABASE\`.* TO '$APP_USER'@'%';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON \`$APP_DATABASE\`.* TO 'backup'@'%';
-- Without this, routines are not listed for others than their definers, and no dump would miss them.
GRANT SELECT ON mysql.proc TO 'backup'@'%';
SQL
say "done"
