#!/usr/bin/env bash
# Copies a Redis into a new, uniquely named, still unverified copy: the server writes its own snapshot and is waited for, and
# the copy then comes over the connection as to a replica, so that the server's volume is never touched (G08).
. /scripts/copy.sh
server=(-h "$REDIS_HOST" -p "${REDIS_PORT:-6379}" --no-auth-warning)
redis() { redis-cli "${server[@]}" "$@"; }
# Sets the number of saves that began since the server started, whether one is running, and how the last one ended.
ask_for_saves() {
  read -r saves running status < <(redis info persistence | tr -d '\r' | awk -F: '{ is[$1] = $2 } END { print is["rdb_saves"], is["rdb_bgsave_in_progress"], is["rdb_last_bgsave_status"] }')
  [[ $saves =~ ^[0-9]+$ ]] || fail "$REDIS_HOST does not count its saves: Redis 7.0 or newer is needed"
}

# redis-cli reads a password from nowhere but its environment.
REDISCLI_AUTH=$(<"$REDIS_PASSWORD_FILE")
export REDISCLI_AUTH
new_copy "$REDIS_HOST"

# A network that enforces policies may refuse a new pod's connections at first.
for ((waited = 0; ; waited += 2)); do
  answer=$(timeout 5 redis-cli "${server[@]}" ping 2>&1) && [[ $answer == PONG ]] && break
  ((waited < 60)) || fail "$REDIS_HOST does not answer PONG after 60 s: $answer"
  sleep 2
done

# A save that was running before does not have the newest changes: it is waited for, and another one asked for. One that is only scheduled,
# behind a rewrite of the append-only file, has begun when the number of saves grows.
asked=
for ((waited = 0; ; waited += 2)); do
  ask_for_saves
  [[ -z $asked || $saves -le $before || $running != 0 ]] || break
  if [[ -z $asked ]]; then
    before=$saves
    answer=$(redis bgsave schedule 2>&1) || true
    case $answer in
      "Background saving "*) asked=yes; continue ;;
      *"already in progress"*) ;;
      *) fail "$REDIS_HOST refuses to save: $answer" ;;
    esac
  fi
  ((waited < 600)) || fail "the server's own snapshot takes longer than 600 s"
  sleep 2
done
[[ $status == ok ]] || fail "$REDIS_HOST cannot write its snapshot: see its log"

keys_before=$(redis dbsize)
redis --rdb "$copy/dump.rdb" >/dev/null || fail "the copy broke off"
keys_after=$(redis dbsize)
printf '%s %s\n' "$keys_before" "$keys_after" >"$copy/keys"
hand_over
say "copied $keys_after keys, $(stat -c %s "$copy/dump.rdb") bytes"
