#!/usr/bin/env bash
# Copies a Redis into a new, uniquely named, still unverified copy: the server writes its own snapshot and is waited for, and
# the copy then comes over the connection as to a replica, so that the server's volume is never touched (G08).
set -euo pipefail
umask 077
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }
redis() { redis-cli -h "$REDIS_HOST" -p "${REDIS_PORT:-6379}" --no-auth-warning "$@"; }
info() { redis info "$1" | tr -d '\r' | sed -n "s/^$2://p"; }

# redis-cli reads a password from nowhere but its environment.
REDISCLI_AUTH=$(<"$REDIS_PASSWORD_FILE")
export REDISCLI_AUTH
copy="$BACKUPS/incoming/$REDIS_HOST-$(date -u +%Y%m%dT%H%M%SZ)-${HOSTNAME##*-}"
mkdir -p "$BACKUPS/incoming" "$BACKUPS/verified"
# What has lain here for a day was left by a run that was cut short: it is unverified and belongs to nobody.
find "$BACKUPS/incoming" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
mkdir "$copy"

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
(cd "$copy" && sha256sum dump.rdb >SHA256SUMS)
# The next container of this pod reads it; another pod's run has a file of its own.
printf '%s\n' "$copy" >"$BACKUPS/incoming/current-$HOSTNAME"
say "copied $keys_after keys, $(stat -c %s "$copy/dump.rdb") bytes"
