#!/usr/bin/env bash
# Dumps the database into a new, uniquely named, still unverified copy, together with what an earlier container of this pod
# exported to /staging. The row counts are taken before and after, because no second session can read the dump's snapshot.
. /scripts/connection.sh
. /scripts/copy.sh
. /scripts/contents.sh

wait_for_server
refuse_other_server
new_copy "$MYSQL_DATABASE"
say "dumping $MYSQL_DATABASE from $MYSQL_HOST to $copy"

contents() { # WHEN
  count_rows "$copy/rows-$1" sql "$MYSQL_DATABASE"
  list_objects "$copy/objects-$1" sql "$MYSQL_DATABASE"
}
contents before
dump_program --defaults-extra-file="$options" --single-transaction --quick --routines --events --triggers --no-tablespaces --hex-blob "$MYSQL_DATABASE" | gzip -6 >"$copy/dump.sql.gz"
contents after
if [[ -d /staging ]]; then
  for file in /staging/*.json*; do gzip -6 <"$file" >"$copy/${file##*/}.gz"; done
fi

rows=$(awk -F'|' '{ rows += $NF } END { print rows + 0 }' "$copy/rows-before")
((rows > 0)) || fail "$MYSQL_DATABASE has no row in any table: an empty copy must not push out a good one"
hand_over
say "dumped $(wc -l <"$copy/rows-before") tables with $rows rows, $(stat -c %s "$copy/dump.sql.gz") bytes"
