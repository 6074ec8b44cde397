#!/bin/sh
# Copies what is verified and not yet in the bucket, and proves that it arrived. It deletes and overwrites nothing there: a copy that was
# damaged here must not replace a good one. Runs in the image of rclone, which has no bash.
set -eu
umask 077
verified=$BACKUPS/verified
bucket="s3:$S3_BUCKET/$S3_PREFIX"
work=$(mktemp -d)
end=$(($(date +%s) + UPLOAD_SECONDS))

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
names() { sort | tr '\n' ' ' | sed 's/ $//'; }
fail() {
  say "FAILED: $*" >&2
  say "verified, and kept on the volume: $(ls "$verified" | names)" >&2
  exit 1
}

key() {
  [ -s "$S3_KEYS/$1" ] || fail "the Secret $S3_KEYS_FROM has no key $1, or is not there: make it with the keys of $S3_ENDPOINT"
  cat "$S3_KEYS/$1"
}

configure() {
  id=$(key access-key-id)
  secret=$(key secret-access-key)
  # A bucket that is not there is an error of the settings, so rclone makes none.
  printf '[s3]\ntype = s3\nprovider = Other\nno_check_bucket = true\nendpoint = %s\nregion = %s\naccess_key_id = %s\nsecret_access_key = %s\n' \
    "$S3_ENDPOINT" "$S3_REGION" "$id" "$secret" >"$work/rclone.conf"
}

# Runs rclone and shows what it says; $status is its exit code. Ends the job where the reason concerns the bucket as a whole. The bucket's
# name ends in a slash, as rclone would take a refusal to mean that it is a file.
ask() { # COMMAND FOLDERS FLAGS...
  left=$((end - $(date +%s)))
  [ "$left" -gt 0 ] || late
  {
    code=0
    timeout "$left" rclone "$@" --config="$work/rclone.conf" --cache-dir="$work" --verbose --stats=30s --stats-one-line \
      --transfers=2 --contimeout=10s --timeout=30s --retries=2 --low-level-retries=3 || code=$?
    echo "$code" >"$work/status"
  } 2>&1 | tee "$work/said"
  status=$(cat "$work/status")
  [ "$status" -ne 0 ] || return 0
  [ "$(date +%s)" -lt "$end" ] || late
  if said 'NoSuchBucket|directory not found'; then fail "$S3_ENDPOINT has no bucket $S3_BUCKET: correct s3.bucket, or make it"; fi
  if said 'InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|Forbidden'; then
    fail "$S3_ENDPOINT refuses the keys of the Secret $S3_KEYS_FROM ($reason): correct them, or their rights to list, read and write $S3_BUCKET/$S3_PREFIX"
  fi
  if said 'x509: [^"]*'; then fail "$S3_ENDPOINT is not trusted ($reason)"; fi
  if said 'request send failed, .*|unexpected EOF|connection reset by peer'; then
    fail "$S3_ENDPOINT does not answer (${reason##*\": }): does it run, and do s3.cidrs hold the addresses of its name?"
  fi
}
said() { reason=$(grep -Eom1 "$1" "$work/said" | head -n 1) && [ -n "$reason" ]; }
late() { fail "the upload took longer than $UPLOAD_SECONDS s and goes on with the next run: raise the backup's deadline, of which it may use half"; }

# Compares what is here with the bucket. $missing and $differing are files, by their paths below the copies.
compare() { # FLAGS...
  : >"$work/missing"
  : >"$work/differing"
  ask check "$verified" "$bucket/" --one-way --missing-on-dst="$work/missing" --differ="$work/differing" "$@"
  missing=$(names <"$work/missing")
  differing=$(names <"$work/differing")
  for copy in $(sed 's|/.*||' "$work/differing" | sort -u); do
    (cd "$verified/$copy" && sha256sum -c SHA256SUMS >/dev/null 2>&1) || fail "$copy is damaged on the volume, and the bucket has other content of it: remove it from the volume"
  done
  [ -z "$differing" ] || fail "$bucket has damaged files, which are as they were written on the volume: $differing (missing there: ${missing:-none}). Remove them from the bucket: the next run uploads them again"
  [ -z "$missing" ] || fail "$bucket lacks after the upload: $missing. The next run uploads them"
  [ "$status" -eq 0 ] || fail "$bucket could not be compared: rclone ended with $status"
}

configure
newest=$(ls "$verified" | sort | tail -n 1)
say "uploading to $bucket at $S3_ENDPOINT: $(ls "$verified" | wc -l) verified copies, newest $newest"
ask lsf "$bucket/"
[ "$status" -eq 0 ] || fail "$bucket could not be listed: rclone ended with $status"
# By size, because all checksums are compared afterwards; a file of another size is left as it is and named there.
ask copy "$verified" "$bucket/" --size-only --immutable
compare
compare --download --include="/$newest/**"
say "uploaded: $(ls "$verified" | wc -l) copies are in $bucket with the checksums that they have here, and $newest was read back"
