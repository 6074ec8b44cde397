#!/usr/bin/env bash
# Proves the newest copy by restoring it: into a scratch server of this pod alone, with every error fatal. Each table must
# have as many rows as before the dump, as after it, or something in between. Only then is the copy a verified one.
. /scripts/copy.sh

take_over
gzip --test "$copy"/*.gz || fail "$name: a compressed file is damaged"
gzip -dc "$copy/dump.sql.gz" | tail -n 5 | grep -q '^-- Dump completed' || fail "$name: the dump ends before its last line"

mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir=/scratch/data >/scratch/install.log 2>&1 || fail "the scratch server could not be made: $(tail -n 3 /scratch/install.log)"
mariadbd --no-defaults --datadir=/scratch/data --socket=/scratch/socket --pid-file=/scratch/pid --skip-networking --skip-grant-tables --innodb-flush-log-at-trx-commit=0 --max-allowed-packet=1G --secure-file-priv= --lc-messages-dir=/usr/share/mysql >/scratch/server.log 2>&1 &
server=$!
trap 'kill -9 "$server" 2>/dev/null || true' EXIT
sql() { mariadb --no-defaults --socket=/scratch/socket --user=root --batch --skip-column-names "$@"; }
for ((tries = 0; tries < 60; tries++)); do
  sql --execute 'SELECT 1' >/dev/null 2>&1 && break
  kill -0 "$server" 2>/dev/null || fail "the scratch server did not start: $(tail -n 5 /scratch/server.log)"
  sleep 1
done

sql --execute 'CREATE DATABASE restored'
gzip -dc "$copy/dump.sql.gz" | sql restored || fail "$name: the dump does not restore"
if [[ -e $copy/dumpdata.json.gz ]]; then
  gzip -dc "$copy/dumpdata.json.gz" >/scratch/dumpdata.json
  chmod a+r /scratch/dumpdata.json # the server reads no file that others may not
  records=$(sql --max-allowed-packet=1G --execute "SELECT IF(JSON_VALID(content), JSON_LENGTH(content), 'no JSON') FROM (SELECT CONVERT(LOAD_FILE('/scratch/dumpdata.json') USING utf8mb4) AS content) AS fixture")
  # Before the first transaction there is nothing to export but the record of the migrations.
  content=$(awk -F'|' '$1 !~ /migrations$/ { rows += $NF } END { print rows + 0 }' "$copy/rows-before")
  [[ $records =~ ^[0-9]+$ ]] && ((records > 0 || content == 0)) || fail "$name: dumpdata.json holds no records ($records)"
fi

tables=0
while IFS='|' read -r table before _ after; do
  rows=$(sql --execute "SELECT count(*) FROM restored.\`$table\`" 2>/dev/null) || fail "$name: table $table is missing after the restore"
  least=$((before < after ? before : after)) most=$((before > after ? before : after))
  ((rows >= least && rows <= most)) || fail "$name: table $table has $rows rows after the restore and had $before before the dump and $after after it"
  tables=$((tables + 1))
done < <(paste -d'|' "$copy/rows-before" "$copy/rows-after")
((tables > 0)) || fail "$name: no table was compared"

keep_copy
say "verified $name: $tables tables restored with the rows that were there${records:+, $records records in dumpdata.json}"
