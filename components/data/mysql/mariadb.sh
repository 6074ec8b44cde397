# MariaDB's programs. Sourced by the scripts beside it where DATABASE_SERVER is mariadb.
product=MariaDB
server_program=mariadbd
client_options=

tls_options() { # MODE FILE
  [[ $1 != DISABLED ]] || { echo skip-ssl; return; }
  echo ssl
  [[ -z $2 ]] || printf 'ssl-ca=%s\n' "$2"
  [[ $1 != VERIFY_IDENTITY ]] || echo ssl-verify-server-cert
}
client() { mariadb "$@"; }
dump_program() { mariadb-dump "$@"; }
make_data() { mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir="$1"; }
scratch_options=(--lc-messages-dir=/usr/share/mysql --skip-innodb-doublewrite)
