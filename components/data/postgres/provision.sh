#!/usr/bin/env bash
# Brings roles, passwords, the database and its extensions to what is declared. Runs as the superuser; safe to run again,
# also after a rotation. No password goes to the server, and so none into its logs: psql makes the verifiers.
#
# APP_USER APP_DATABASE APP_PASSWORD_FILE   the owner, its database and its password
# BACKUP_PASSWORD_FILE                      password of the role backup
# EXTENSIONS                                names with commas between them, or nothing
. "$(dirname "${BASH_SOURCE[0]}")/connection.sh"

connect
wait_for_server
say "provisioning role $APP_USER, role backup and database $APP_DATABASE on $PGHOST"

# \password asks twice, and reads the answers from its input where there is no terminal.
set_password() { # ROLE FILE
  local password
  password=$(<"$2")
  printf '\\password %s\n%s\n%s\n' "$1" "$password" "$password"
}

# setsid takes the terminal away from psql, for whoever runs this by hand.
{
  cat <<'SQL'
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET log_statement = 'none';
SET log_duration = off;
SET pg_stat_statements.track_utility = off;
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY[:'app', 'backup']) AS name
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"app" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
SQL
  set_password ':"app"' "$APP_PASSWORD_FILE"
  set_password backup "$BACKUP_PASSWORD_FILE"
  cat <<'SQL'
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
} | setsid --wait psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres --set app="$APP_USER" --set database="$APP_DATABASE" --set extensions="$EXTENSIONS"
say "done"
