#!/usr/bin/env bash
# Removes verified copies past their age, oldest first, but never one of the newest KEEP_AT_LEAST: pruning happens only
# behind newer verified copies. Copies that never passed verification are not counted and not touched.
. "${0%/*}/copy.sh"

# Names end in the time of the copy, so the order of the names is the order of the copies.
found=$(find "$BACKUPS/verified" -mindepth 1 -maxdepth 1 -type d | sort -r)
[[ -n $found ]] || fail "there is no verified copy"
mapfile -t copies <<<"$found"
say "${#copies[@]} verified copies, newest ${copies[0]##*/}"
for copy in "${copies[@]:KEEP_AT_LEAST}"; do
  old=$(find "$copy" -maxdepth 0 -mtime +"$KEEP_DAYS")
  if [[ -n $old ]]; then
    rm -rf "$copy"
    say "removed ${copy##*/}, older than $KEEP_DAYS days"
  fi
done
