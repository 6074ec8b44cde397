#!/usr/bin/env bash
# Removes verified copies past their age, oldest first, but never one of the newest KEEP_AT_LEAST: pruning happens only
# behind newer verified copies. Copies that never passed verification are not counted and not touched.
. "${0%/*}/copy.sh"

# Names end in the time of the copy, so the order of the names is the order of the copies.
mapfile -t copies < <(find "$BACKUPS/verified" -mindepth 1 -maxdepth 1 -type d | sort -r)
say "${#copies[@]} verified copies, newest ${copies[0]##*/}"
for copy in "${copies[@]:KEEP_AT_LEAST}"; do
  if [[ -n $(find "$copy" -maxdepth 0 -mtime +"$KEEP_DAYS") ]]; then
    rm -rf "$copy"
    say "removed ${copy##*/}, older than $KEEP_DAYS days"
  fi
done
