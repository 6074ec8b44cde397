# Sourced by every script of a backup. $BACKUPS holds `incoming`, whose copies nobody has proven yet, and `verified`.
set -euo pipefail
umask 077

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# The kubelet puts this into the pod's status, where anybody who may look at pods sees what was proven, and when.
note() { printf "$1\n" "${@:2}" 2>/dev/null >/dev/termination-log || true; } # FORMAT VALUES...

# Makes $copy, an empty folder, and its $name, which tells when and by which pod it was made.
new_copy() { # SUBJECT
  name="$1-$(date -u +%Y%m%dT%H%M%SZ)-${HOSTNAME##*-}"
  copy="$BACKUPS/incoming/$name"
  mkdir -p "$BACKUPS/incoming" "$BACKUPS/verified"
  # What has lain here for a day was left by a run that was cut short: it is unverified and belongs to nobody.
  find "$BACKUPS/incoming" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
  mkdir "$copy"
}

# Leaves $copy to the next container of this pod, which proves it; another pod's run has a file of its own.
hand_over() {
  local sums
  sums=$(cd "$copy" && sha256sum -- *)
  printf '%s\n' "$sums" >"$copy/SHA256SUMS"
  printf '%s\n' "$copy" >"$BACKUPS/incoming/current-$HOSTNAME"
}

# Finds the $copy and $name that the container before handed over. In a drill they are those of a verified copy.
take_over() {
  if [[ -n ${DRILL:-} ]]; then choose_copy "$DRILL"; return; fi
  copy=$(<"$BACKUPS/incoming/current-$HOSTNAME")
  name=${copy##*/}
  say "verifying $name"
  unchanged
}

# Finds the verified $copy of this $name, or the newest one: names end in the time of the copy.
choose_copy() { # NAME | newest
  local all
  all=$(ls "$BACKUPS/verified" | sort) || fail "there is no verified copy"
  name=$1
  [[ $name != newest ]] || name=${all##*$'\n'}
  [[ -n $name ]] || fail "there is no verified copy"
  copy=$BACKUPS/verified/$name
  [[ -d $copy ]] || fail "there is no verified copy $name, only: ${all//$'\n'/ }"
  unchanged
}

unchanged() { (cd "$copy" && sha256sum -c SHA256SUMS >/dev/null) || fail "$name: a file is not what was written"; }

# Counts $copy among the verified ones, once it is on the disk. A drill leaves it where it is, and notes what was proven.
keep_copy() { # PROOF
  if [[ -n ${DRILL:-} ]]; then
    printf '%s\n' "$1" >/scratch/proof
    say "restored $name: $1"
    return
  fi
  sync -f "$copy" 2>/dev/null || sync # BusyBox may know no -f
  mv "$copy" "$BACKUPS/verified/$name"
  rm -f "$BACKUPS/incoming/current-$HOSTNAME"
  note '{"verifiedCopy":"%s","at":"%s","bytes":%s}' "$name" "$(date -u +%FT%TZ)" "$(du -sk "$BACKUPS/verified/$name" | awk '{ print $1 * 1024 }')"
  say "verified $name: $1"
}
