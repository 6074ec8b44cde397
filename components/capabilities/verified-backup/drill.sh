#!/usr/bin/env bash
# Restores the verified copy COPY, or the newest one, TIMES times as a backup proves a new one: by verify.sh, in a scratch
# server of this pod alone. Leaves how long each restore took in the pod's status, and the copy as it is.
. "${0%/*}/copy.sh"

choose_copy "$COPY"
export DRILL=$name
took=()
for ((run = 1; run <= TIMES; run++)); do
  # The folder that a file system makes for itself is not ours to remove.
  find /scratch -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
  started=${EPOCHREALTIME/[.,]/}
  bash /scripts/verify.sh
  milliseconds=$(((${EPOCHREALTIME/[.,]/} - started) / 1000))
  took+=("$milliseconds")
  say "restore $run of $TIMES took $milliseconds ms"
done
milliseconds=$(IFS=, && echo "${took[*]}")
note '{"drilledCopy":"%s","at":"%s","milliseconds":[%s],"proof":"%s"}' "$name" "$(date -u +%FT%TZ)" "$milliseconds" "$(</scratch/proof)"
