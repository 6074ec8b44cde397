# Sourced by the scripts that restore a copy: $copy is its folder and $name its name.

scratch() { env -u REDISCLI_AUTH redis-cli -s /scratch/socket "$@"; }

# Checks the snapshot, and has a scratch server of this pod alone load it, which ends with the script. An empty Redis is a state
# too, so the number of keys is compared with the source's and not with zero; keys that expired meanwhile may be missing.
# Sets $restored, the keys that the server has, and $expires, how many of them may go by themselves.
load_snapshot() {
  local in_file before after least most server tries
  redis-check-rdb "$copy/dump.rdb" >/scratch/check.log || fail "$name: dump.rdb is damaged: $(tail -n 2 /scratch/check.log)"
  in_file=$(sed -nE 's/^\[info\] ([0-9]+) keys read$/\1/p' /scratch/check.log)
  # Keys with an expiry come and go while the copy is made.
  expires=$(sed -nE 's/^\[info\] ([0-9]+) expires$/\1/p' /scratch/check.log)
  read -r before after <"$copy/keys"
  least=$((before < after ? before : after)) most=$((before > after ? before : after))
  ((in_file >= least - expires && in_file <= most + expires)) || fail "$name: dump.rdb has $in_file keys, $expires of them with an expiry, and the server had $before before the copy and $after after it"

  cp "$copy/dump.rdb" /scratch/dump.rdb
  redis-server --port 0 --unixsocket /scratch/socket --dir /scratch --dbfilename dump.rdb --save "" --appendonly no --daemonize no >/scratch/server.log 2>&1 &
  server=$!
  trap "kill -9 $server 2>/dev/null || true" EXIT
  for ((tries = 0; tries < 120; tries++)); do
    [[ $(scratch ping 2>/dev/null) == PONG ]] && break
    kill -0 "$server" 2>/dev/null || fail "$name: a scratch server does not load it: $(tail -n 3 /scratch/server.log)"
    sleep 1
  done
  restored=$(scratch dbsize) || fail "$name: a scratch server does not load it: $(tail -n 3 /scratch/server.log)"
  ((restored <= in_file && restored >= in_file - expires)) || fail "$name: $restored keys after the restore of $in_file"
}
