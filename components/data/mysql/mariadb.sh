# MariaDB's programs. Sourced by the scripts beside it where DATABASE_SERVER is mariadb.
product=MariaDB
server_program=mariadbd
client_options=

client() { mariadb "$@"; }
dump_program() { mariadb-dump "$@"; }
make_data() { mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir="$1"; }
scratch_options=(--lc-messages-dir=/usr/share/mysql --skip-innodb-doublewrite)
