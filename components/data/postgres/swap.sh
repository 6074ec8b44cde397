#!/usr/bin/env bash
# Gives the name DATABASE to the database NEW, and the name KEPT to the one that had it (B12): in one transaction, so that a
# database of that name is there at every moment. Nothing is changed while anybody is connected to either. Runs as the superuser.
. /scripts/connection.sh

connect
wait_for_server
sessions() {
  sql --set database="$DATABASE" --set new="$NEW" <<'SQL'
SELECT format('%s (%s) from %s', usename, application_name, coalesce(host(client_addr), 'the server itself')) FROM pg_stat_activity
  WHERE datname IN (:'database', :'new') AND backend_type = 'client backend' ORDER BY 1;
SQL
}
# The server notices within a minute that a client's node is gone.
for ((waited = 0; ; waited += 3)); do
  open=$(sessions)
  [[ -n $open ]] || break
  ((waited < 60)) || fail "$DATABASE is as before, because somebody is connected: ${open//$'\n'/, }"
  ((waited % 15 != 0)) || say "waiting until nobody is connected ($waited s of at most 60 s): ${open//$'\n'/, }"
  sleep 3
done
# The server refuses each of them while a session is open that began meanwhile.
sql --set database="$DATABASE" --set new="$NEW" --set kept="$KEPT" <<'SQL' || fail "$DATABASE is as before: the reason stands above"
BEGIN;
ALTER DATABASE :"database" RENAME TO :"kept";
ALTER DATABASE :"new" RENAME TO :"database";
COMMIT;
SQL
say "$DATABASE is what $NEW was, and what it was is kept as $KEPT"
