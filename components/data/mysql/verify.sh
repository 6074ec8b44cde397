#!/usr/bin/env bash
# Proves the newest copy by restoring it: into a scratch server of this pod alone, with every error fatal. Each table must
# have as many rows as before the dump, as after it, or something in between. Only then is the copy a verified one.
. /scripts/copy.sh
. /scripts/contents.sh
. "/scripts/$DATABASE_SERVER.sh"

take_over
gzip --test "$copy"/*.gz || fail "$name: a compressed file is damaged"
gzip -dc "$copy/dump.sql.gz" | tail -n 20 | grep '^-- Dump completed' >/dev/null || fail "$name: the dump ends before its last line"

make_data /scratch/data >/scratch/install.log 2>&1 || fail "the scratch server could not be made: $(tail -n 3 /scratch/install.log)"
# With its grant tables, because events need them, and reached through its socket alone. No event runs.
"$server_program" --no-defaults --datadir=/scratch/data --socket=/scratch/socket --pid-file=/scratch/pid --tmpdir=/scratch --skip-networking --event-scheduler=OFF --innodb-flush-log-at-trx-commit=0 --max-allowed-packet=1G "${scratch_options[@]}" >/scratch/server.log 2>&1 &
server=$!
trap 'kill -9 "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT
sql() { client --no-defaults --host=localhost --socket=/scratch/socket --user=root --batch --skip-column-names "$@"; }
for ((tries = 0; ; tries++)); do
  reason=$(sql --execute 'SELECT 1' 2>&1 >/dev/null) && break
  kill -0 "$server" 2>/dev/null || fail "the scratch server did not start: $(tail -n 5 /scratch/server.log)"
  ((tries < 120)) || fail "the scratch server does not answer: $reason"
  sleep 1
done

# Under its own name, which the dump may mention.
sql --execute "CREATE DATABASE \`$MYSQL_DATABASE\`"
gzip -dc "$copy/dump.sql.gz" | sql --max-allowed-packet=1G "$MYSQL_DATABASE" || fail "$name: the dump does not restore"
count_rows /scratch/rows sql "$MYSQL_DATABASE"
list_objects /scratch/objects sql "$MYSQL_DATABASE"

same() { # FILE FILE MESSAGE
  local one other
  one=$(<"$1")
  other=$(<"$2")
  [[ $one == "$other" ]] || fail "$name: $3: $(LC_ALL=C comm -3 "$1" "$2" | tr -s '\t\n' ' ')"
}
tables_of() { sed 's/|[^|]*$//' "$1" >"$2"; }
tables_of "$copy/rows-before" /scratch/tables-before
tables_of "$copy/rows-after" /scratch/tables-after
tables_of /scratch/rows /scratch/tables
same /scratch/tables-before /scratch/tables-after "tables came or went during the dump"
same /scratch/tables-before /scratch/tables "the restored tables are not those of the database"
same "$copy/objects-before" "$copy/objects-after" "views, routines, triggers or events came or went during the dump"
same "$copy/objects-before" /scratch/objects "the restored views, routines, triggers and events are not those of the database"
[[ -s /scratch/tables ]] || fail "$name: no table was compared"

while IFS= read -r line <&3 && IFS= read -r after <&4 && IFS= read -r rows <&5; do
  table=${line%|*} before=${line##*|} after=${after##*|} rows=${rows##*|}
  for number in "$before" "$after" "$rows"; do [[ $number =~ ^[0-9]+$ ]] || fail "$name: the rows of table $table were not counted: \"$number\""; done
  least=$((before < after ? before : after)) most=$((before > after ? before : after))
  ((rows >= least && rows <= most)) || fail "$name: table $table has $rows rows after the restore and had $before before the dump and $after after it"
done 3<"$copy/rows-before" 4<"$copy/rows-after" 5</scratch/rows

if [[ -e $copy/dumpdata.json.gz ]]; then
  [[ -e $copy/dumpdata.json.records ]] || fail "$name: the records of dumpdata.json were not counted"
  records=$(awk -F'|' '{ records += $NF } END { print records + 0 }' "$copy/dumpdata.json.records")
  # What the fixture leaves out, and the record of the migrations: before the first transaction there is nothing else.
  content=$(awk -F'|' '$1 !~ /(migrations|^auth_permission|^django_content_type)$/ { rows += $NF } END { print rows + 0 }' "$copy/rows-before")
  ((records > 0 || content == 0)) || fail "$name: dumpdata.json holds no record, and the database had $content rows"
fi

keep_copy "$(wc -l </scratch/tables) tables restored with the rows that were there, $(wc -l </scratch/objects) views, routines, triggers and events${records:+, $records records in dumpdata.json}"
