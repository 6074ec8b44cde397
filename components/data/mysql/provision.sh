#!/usr/bin/env bash
# Brings the database, its owner and the backup user to what is declared. Runs as root of the server; safe to run again,
# also after a rotation. Passwords go to the server through standard input only.
. /scripts/connection.sh

wait_for_server
say "provisioning user $APP_USER, user backup and database $APP_DATABASE on $MYSQL_HOST"
quoted() { sed "s/\\\\/\\\\\\\\/g; s/'/''/g" "$1"; }
sql <<SQL
CREATE DATABASE IF NOT EXISTS \`$APP_DATABASE\` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '$APP_USER'@'%';
CREATE USER IF NOT EXISTS 'backup'@'%';
ALTER USER '$APP_USER'@'%' IDENTIFIED BY '$(quoted /credentials/app/password)';
ALTER USER 'backup'@'%' IDENTIFIED BY '$(quoted /credentials/backup/password)';
GRANT ALL PRIVILEGES ON \`$APP_DATABASE\`.* TO '$APP_USER'@'%';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON \`$APP_DATABASE\`.* TO 'backup'@'%';
SQL
say "done"
