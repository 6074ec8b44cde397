#!/usr/bin/env bash
# Refreshes the planner's statistics and makes the space of deleted rows usable again, table by table and without blocking
# anybody (P06). Tables of other owners are passed over.
. "$(dirname "${BASH_SOURCE[0]}")/connection.sh"

connect
wait_for_server
tables=$(sql --command "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE tableowner = current_user ORDER BY 1")
[[ -n $tables ]] || fail "$PGUSER owns no table in $PGDATABASE"
while read -r table; do
  sql --command "VACUUM (ANALYZE) $table" </dev/null || fail "$table: the reason stands above"
  numbers=$(sql --command "SELECT format('%s live and %s dead rows, %s', n_live_tup, n_dead_tup, pg_size_pretty(pg_total_relation_size(relid))) FROM pg_stat_user_tables WHERE relid = '$table'::regclass" </dev/null)
  say "$table: $numbers"
done <<<"$tables"
