#!/usr/bin/env bash
# Brings the database, its owner and the backup user to what is declared. Runs as root of the server; safe to run again,
# also after a rotation. Passwords go to the server through standard input only.
. /scripts/connection.sh

wait_for_server
say "provisioning user $APP_USER, user backup and database $APP_DATABASE on $MYSQL_HOST"
quoted() { sed "s/\\\\/\\\\\\\\/g; s/'/''/g" "$1"; }
app_password=$(quoted /credentials/app/password)
backup_password=$(quoted /credentials/backup/password)
[[ -n $app_password && -n $backup_password ]] || fail "a password is empty, and nobody may log in without one"
sql <<SQL
CREATE DATABASE IF NOT EXISTS \`$APP_DATABASE\` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '$APP_USER'@'%';
CREATE USER IF NOT EXISTS 'backup'@'%';
ALTER USER '$APP_USER'@'%' IDENTIFIED BY '$app_password';
ALTER USER 'backup'@'%' IDENTIFIED BY '$backup_password';
GRANT ALL PRIVILEGES ON \`$APP_DATABASE\`.* TO '$APP_USER'@'%';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON \`$APP_DATABASE\`.* TO 'backup'@'%';
-- Without this, routines are not listed for others than their definers, and no dump would miss them.
GRANT SELECT ON mysql.proc TO 'backup'@'%';
SQL
say "done"
