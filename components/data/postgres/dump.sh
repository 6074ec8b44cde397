#!/usr/bin/env bash
# Dumps the database and the server's roles into a new, uniquely named, still unverified copy. The row count of every table
# is taken in the very snapshot the dump reads, so that the copy can be compared with it later. COUNT_SECONDS is the longest
# time for the count of one table.
. /scripts/connection.sh
. /scripts/copy.sh

connect
wait_for_server
new_copy "$PGDATABASE"
say "dumping $PGDATABASE from $PGHOST to $copy"

# The session of the snapshot waits in its transaction for as long as the dump takes, and a slow disk makes the dump's own stand still.
export PGOPTIONS='-c idle_in_transaction_session_timeout=0 -c tcp_user_timeout=0'
coproc SNAPSHOT { psql --no-psqlrc --no-align --tuples-only --quiet --set ON_ERROR_STOP=1; }
# Bash forgets a coprocess and its pipes when it ends: with pipes of their own the end is read, and said.
exec {answers}<&"${SNAPSHOT[0]}" {questions}>&"${SNAPSHOT[1]}"
# A session that ended cannot be asked. Its answer, which does not come, fails the dump and says what is missing; the signal would end this script without a word.
trap : PIPE
ask() { printf '%s\n' "$@" >&"$questions" 2>/dev/null || true; }
ask "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();"
read -r -t 60 snapshot <&"$answers" || fail "the server gave no snapshot"
# Without its last line the file lists the statements that count, one a table, and runs none.
ask "$(sed '$d' /scripts/row-counts.sql);" "\\echo end"
statements=()
while read -r -t 60 statement <&"$answers" && [[ $statement != end ]]; do statements+=("$statement"); done
[[ $statement == end ]] || fail "the server did not list its tables"
for statement in "${statements[@]}"; do
  table=${statement##*FROM }
  ask "$statement;"
  started=$SECONDS
  read -r -t "$COUNT_SECONDS" line <&"$answers" || fail "the rows of $table are not counted after $((SECONDS - started)) s: $COUNT_SECONDS s, a quarter of the backup's deadline, are the most"
  printf '%s\n' "$line"
done >"$copy/row-counts"

pg_dump --snapshot="$snapshot" --no-password --format=plain | gzip -6 >"$copy/dump.sql.gz"
pg_dumpall --no-password --globals-only --no-role-passwords --database="$PGDATABASE" | gzip -6 >"$copy/globals.sql.gz"
ask "COMMIT;"

rows=$(awk -F'|' '{ rows += $NF } END { print rows + 0 }' "$copy/row-counts")
((rows > 0)) || fail "$PGDATABASE has no row in any table: an empty copy must not push out a good one"
hand_over
say "dumped $(wc -l <"$copy/row-counts") tables with $rows rows, $(stat -c %s "$copy/dump.sql.gz") bytes"
