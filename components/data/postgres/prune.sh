#!/usr/bin/env bash
# Removes verified copies past their age, oldest first, but never one of the newest KEEP_AT_LEAST: pruning happens only
# behind newer verified copies. Copies that never passed verification are not counted and not touched.
set -euo pipefail
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }

mapfile -t copies < <(find "$BACKUPS/verified" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
say "${#copies[@]} verified copies, newest ${copies[0]##*/}"
for copy in "${copies[@]:KEEP_AT_LEAST}"; do
  if [[ -n $(find "$copy" -maxdepth 0 -mtime +"$KEEP_DAYS") ]]; then
    rm -rf "$copy"
    say "removed ${copy##*/}, older than $KEEP_DAYS days"
  fi
done
