#!/usr/bin/env bash
# Restores the verified copy COPY, or the newest one, into the server while it serves (G08, G09): key by key into its last
# database, which SWAPDB then gives to all clients in one step, connected ones too. A server with an append-only file reads that
# at its start and no snapshot beside it; what comes by commands, as here, is written to that file, so that it cannot win
# over the restored data. A run that is cut short leaves the keys in use alone; the next one removes what it left.
# KEPT is a copy of the keys in use, which the newest one is not to be.
. /scripts/copy.sh
. /scripts/snapshot.sh
server=(-h "$REDIS_HOST" -p "${REDIS_PORT:-6379}" --no-auth-warning)
redis() { redis-cli "${server[@]}" "$@"; }

REDISCLI_AUTH=$(<"$REDIS_PASSWORD_FILE")
export REDISCLI_AUTH
# A network that enforces policies may refuse a new pod's connections at first.
for ((waited = 0; ; waited += 2)); do
  answer=$(timeout 5 redis-cli "${server[@]}" ping 2>&1) && [[ $answer == PONG ]] && break
  ((waited < 60)) || fail "$REDIS_HOST does not answer PONG after 60 s: $answer"
  sleep 2
done
[[ $COPY != newest ]] || COPY=$(ls "$BACKUPS/verified" | { grep -vxF "$KEPT" || true; } | sort | tail -n 1)
choose_copy "$COPY"
load_snapshot
other=$(scratch info keyspace | grep -E '^db[1-9]' || true)
[[ -z $other ]] || fail "$name has keys in other databases than 0, which a swap would leave out: ${other//[$'\r\n']/ }"
[[ -z $(scratch function list) ]] || fail "$name has functions, which belong to no database and cannot be swapped"

# The last database is ours if it is empty, or has the mark of an earlier run.
mark=runbook:restore
spare=$(($(redis config get databases | tail -n 1) - 1))
spared() { redis -n "$spare" "$@"; }
if (($(spared dbsize) > 0)) && (($(spared exists "$mark") == 0)); then
  fail "database $spare of $REDIS_HOST has keys of somebody else: nothing was changed"
fi
# In steps of a thousand, as the server does nothing else meanwhile.
clear_spare() {
  local cursor=0
  until ((cursor == 0 && $(spared dbsize) == 0)); do
    cursor=$(spared eval 'local page = redis.call("SCAN", ARGV[1], "COUNT", 1000) for _, key in ipairs(page[2]) do redis.call("UNLINK", key) end return page[1]' 0 "$cursor")
  done
}
clear_spare
answer=$(spared set "$mark" "$name" 2>&1) && [[ $answer == OK ]] || fail "$REDIS_HOST takes no key, and is as before: $answer"

say "restoring $restored keys of $name into database $spare of $REDIS_HOST"
# The password is the last argument, which is read from the input and so stands in no list of processes.
send='local cursor = "0"
repeat
  local page = redis.call("SCAN", cursor, "COUNT", 500)
  cursor = page[1]
  if #page[2] > 0 then redis.call("MIGRATE", ARGV[1], ARGV[2], "", ARGV[3], 60000, "COPY", "REPLACE", "AUTH", ARGV[4], "KEYS", unpack(page[2])) end
until cursor == "0"
return "sent"'
answer=$(printf %s "$REDISCLI_AUTH" | scratch -x eval "$send" 0 "$REDIS_HOST" "${REDIS_PORT:-6379}" "$spare" 2>&1) || true
there=$(($(spared dbsize) - 1))
if [[ $answer != sent ]] || ((there > restored || there < restored - expires)); then
  clear_spare
  [[ $answer == sent ]] || fail "$REDIS_HOST does not take the keys, and is as before: $answer"
  fail "$there of $restored keys arrived, $expires of which have an expiry; $REDIS_HOST is as before"
fi

# The mark goes, both databases change places, and what was in use has the mark: all of it or nothing.
answer=$(printf '%s\n' "SELECT $spare" MULTI "DEL $mark" "SWAPDB 0 $spare" "SET $mark swapped" EXEC | redis 2>&1)
[[ $answer == *OK*QUEUED*OK* && $answer != *ERR* ]] || fail "$REDIS_HOST refuses the swap, and is as before: ${answer//$'\n'/ }"
clear_spare
note '{"restoredCopy":"%s","at":"%s","proof":"%s"}' "$name" "$(date -u +%FT%TZ)" "$there keys, as many as the copy has"
say "restored $name: $there keys are in use, as many as the copy has"
