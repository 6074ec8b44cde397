#!/usr/bin/env bash
# Proves the newest copy: it is checked, and a scratch server of this pod alone loads it.
. /scripts/copy.sh
. /scripts/snapshot.sh

take_over
load_snapshot

keep_copy "$restored keys restored"
