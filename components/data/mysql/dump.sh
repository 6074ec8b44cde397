#!/usr/bin/env bash
# Dumps the database into a new, uniquely named, still unverified copy, together with what an earlier container of this pod
# exported to /staging. The row counts are taken before and after, because no second session can read the dump's snapshot.
. /scripts/connection.sh

wait_for_server
copy="$BACKUPS/incoming/$MYSQL_DATABASE-$(date -u +%Y%m%dT%H%M%SZ)-${HOSTNAME##*-}"
mkdir -p "$BACKUPS/incoming" "$BACKUPS/verified"
# What has lain here for a day was left by a run that was cut short: it is unverified and belongs to nobody.
find "$BACKUPS/incoming" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
mkdir "$copy"
say "dumping $MYSQL_DATABASE from $MYSQL_HOST to $copy"

count_rows "$MYSQL_DATABASE" sql >"$copy/rows-before"
mariadb-dump --defaults-extra-file="$options" --single-transaction --quick --routines --events --triggers --no-tablespaces --hex-blob "$MYSQL_DATABASE" | gzip -6 >"$copy/dump.sql.gz"
count_rows "$MYSQL_DATABASE" sql >"$copy/rows-after"
if [[ -d /staging ]]; then
  for file in /staging/*; do gzip -6 <"$file" >"$copy/${file##*/}.gz"; done
fi

rows=$(awk -F'|' '{ rows += $NF } END { print rows + 0 }' "$copy/rows-before")
((rows > 0)) || fail "$MYSQL_DATABASE has no row in any table: an empty copy must not push out a good one"
(cd "$copy" && sha256sum -- *.gz >SHA256SUMS)
# The next container of this pod reads it; another pod's run has a file of its own.
printf '%s\n' "$copy" >"$BACKUPS/incoming/current-$HOSTNAME"
say "dumped $(wc -l <"$copy/rows-before") tables with $rows rows, $(stat -c %s "$copy/dump.sql.gz") bytes"
