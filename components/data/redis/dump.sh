#!/usr/bin/env bash
# Copies a Redis into a new, uniquely named, still unverified copy: the server writes its own snapshot and is waited for, and
# the copy then comes over the connection as to a replica, so that the server's volume is never touched (G08).
. /scripts/copy.sh
redis() { redis-cli -h "$REDIS_HOST" -p "${REDIS_PORT:-6379}" --no-auth-warning "$@"; }
info() { redis info "$1" | tr -d '\r' | sed -n "s/^$2://p"; }

# redis-cli reads a password from nowhere but its environment.
REDISCLI_AUTH=$(<"$REDIS_PASSWORD_FILE")
export REDISCLI_AUTH
new_copy "$REDIS_HOST"

[[ $(redis ping) == PONG ]] || fail "$REDIS_HOST does not answer"
before=$(redis lastsave)
# Another save may be running already: it is waited for all the same.
redis bgsave | grep -qE 'Background sav|in progress' || fail "$REDIS_HOST refuses to save"
for ((waited = 0; ; waited += 2)); do
  [[ $(info persistence rdb_bgsave_in_progress) == 0 && $(redis lastsave) -ge $before ]] && break
  ((waited < 600)) || fail "the server's own snapshot takes longer than 600 s"
  sleep 2
done
[[ $(info persistence rdb_last_bgsave_status) == ok ]] || fail "$REDIS_HOST cannot write its snapshot: see its log"

keys_before=$(redis dbsize)
redis --rdb "$copy/dump.rdb" >/dev/null || fail "the copy broke off"
keys_after=$(redis dbsize)
printf '%s %s\n' "$keys_before" "$keys_after" >"$copy/keys"
hand_over
say "copied $keys_after keys, $(stat -c %s "$copy/dump.rdb") bytes"
