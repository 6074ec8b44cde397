#!/usr/bin/env bash
# Brings roles, passwords, the database and its extensions to what is declared. Runs as the superuser; safe to run again,
# also after a rotation. Passwords go to the server through standard input only.
. /scripts/connection.sh

connect
wait_for_server
say "provisioning role $APP_USER, role backup and database $APP_DATABASE on $PGHOST"

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres \
  --set app="$APP_USER" --set database="$APP_DATABASE" --set extensions="$EXTENSIONS" <<'SQL'
\set app_password `cat /credentials/app/password`
\set backup_password `cat /credentials/backup/password`
SET log_statement = 'none';
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY[:'app', 'backup']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'app_password';
ALTER ROLE backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'backup_password';
GRANT pg_read_all_data TO backup;
GRANT pg_monitor TO :"app";
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'app')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO :"app";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO backup;
\connect :"database"
SELECT format('CREATE EXTENSION IF NOT EXISTS %I', name) FROM unnest(string_to_array(nullif(:'extensions', ''), ',')) AS name \gexec
SQL
say "done"
