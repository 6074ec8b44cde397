# MariaDB's programs. Sourced by the scripts beside it where DATABASE_SERVER is mariadb.
product=MariaDB
server_program=mariadbd
client_options=

tls_options() { # MODE FILE
  [[ $1 != DISABLED ]] || { echo skip-ssl; return; }
  # Without the last option these programs go on without TLS where a server offers none.
  printf 'ssl\n%sssl-verify-server-cert\n' "${2:+ssl-ca=$2$'\n'}"
}
client() { mariadb "$@"; }
dump_program() { mariadb-dump "$@"; }
make_data() { mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir="$1"; }
scratch_options=(--lc-messages-dir=/usr/share/mysql --skip-innodb-doublewrite)
