#!/usr/bin/env bash
# Packs /configuration into a new copy, unpacks it again, and counts it only when both are equal.
. /scripts/copy.sh

new_copy configuration
mkdir /tmp/plain /tmp/restored
# A mounted ConfigMap is a folder of links; their content is what counts.
cp -rL /configuration/. /tmp/plain
find /tmp/plain -name '..*' -prune -exec rm -rf {} +
[[ -n $(find /tmp/plain -type f -size +0c -print -quit) ]] || fail "there is no configuration: an empty copy must not push out a good one"
tar -C /tmp/plain -czf "$copy/configuration.tar.gz" .
hand_over
tar -C /tmp/restored -xzf "$copy/configuration.tar.gz" || fail "$name does not unpack"
diff -r /tmp/plain /tmp/restored || fail "$name: the restored files (>) differ from the configuration (<)"
keep_copy "$(find /tmp/restored -type f | wc -l) files"
