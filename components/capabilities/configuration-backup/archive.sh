#!/usr/bin/env bash
# Packs /configuration into a new copy, unpacks it again, and counts it only when both are equal.
set -euo pipefail
umask 077
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

name="configuration-$(date -u +%Y%m%dT%H%M%SZ)-${HOSTNAME##*-}"
copy="$BACKUPS/incoming/$name"
mkdir -p "$BACKUPS/incoming" "$BACKUPS/verified"
# What has lain here for a day was left by a run that was cut short: it is unverified and belongs to nobody.
find "$BACKUPS/incoming" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
mkdir "$copy" /tmp/plain /tmp/restored
# A mounted ConfigMap is a folder of links; their content is what counts.
cp -rL /configuration/. /tmp/plain
find /tmp/plain -name '..*' -prune -exec rm -rf {} +
[[ -n $(find /tmp/plain -type f -size +0c -print -quit) ]] || fail "there is no configuration: an empty copy must not push out a good one"
tar -C /tmp/plain -czf "$copy/configuration.tar.gz" .
(cd "$copy" && sha256sum configuration.tar.gz >SHA256SUMS)
tar -C /tmp/restored -xzf "$copy/configuration.tar.gz" || fail "$name does not unpack"
diff -r /tmp/plain /tmp/restored || fail "$name: the restored files (>) differ from the configuration (<)"
sync -f "$copy"
mv "$copy" "$BACKUPS/verified/$name"
say "verified $name: $(find /tmp/restored -type f | wc -l) files"
