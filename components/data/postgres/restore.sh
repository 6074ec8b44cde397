#!/usr/bin/env bash
# Restores the verified copy COPY, or the newest one, into the new database NEW, and compares every table (B12). The database
# in use serves on and is not touched. Runs as the superuser. A run that is cut short leaves NEW to the next one's LEFT.
#
# NEW OWNER   the database to make, and the owner of it
# LEFT        databases of runs that were cut short, with spaces between, to be removed
. /scripts/connection.sh
. /scripts/copy.sh
. /scripts/load.sh

connect
# A table is loaded in one transaction, which may stand still for as long as the copy's disk does.
export PGOPTIONS='-c idle_in_transaction_session_timeout=0 -c tcp_user_timeout=0'
wait_for_server
choose_copy "$COPY"
whole_copy
for left in $LEFT; do
  dropdb --no-password "$left" || fail "$left, left by a run that was cut short, cannot be removed: the reason stands above"
done
say "restoring $name into $NEW"
createdb --no-password --template=template0 --owner="$OWNER" "$NEW"
load_copy "$NEW"
oid=$(sql --dbname="$NEW" --set new="$NEW" <<'SQL'
REVOKE ALL ON DATABASE :"new" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"new" TO backup;
ANALYZE;
SELECT oid FROM pg_database WHERE datname = :'new';
SQL
)
note '{"restoredCopy":"%s","at":"%s","oid":%s,"proof":"%s"}' "$name" "$(date -u +%FT%TZ)" "$oid" "$tables tables with the row counts of the copy"
say "restored $name into $NEW: $tables tables with the row counts of the copy"
