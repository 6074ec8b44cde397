# MySQL's programs. Sourced by the scripts beside it where DATABASE_SERVER is mysql.
product=MySQL
server_program=mysqld
# Without TLS, a login by caching_sha2_password needs the server's key.
client_options=get-server-public-key

tls_options() { printf 'ssl-mode=%s\n' "$1"; [[ -z $2 ]] || printf 'ssl-ca=%s\n' "$2"; } # MODE FILE
client() { mysql "$@"; }
# A dump is restored into another server, which has its own history, statistics and masking policies.
dump_program() { mysqldump "$@" --set-gtid-purged=OFF --skip-column-statistics --skip-masking-policies; }
make_data() { mysqld --no-defaults --initialize-insecure --datadir="$1"; }
# Older servers let foreign keys refer to keys that are not unique. One with a binary log refuses functions that others take.
scratch_options=(--mysqlx=OFF --skip-log-bin --performance-schema=OFF --secure-file-priv=NULL --innodb-doublewrite=OFF --restrict-fk-on-non-standard-key=OFF)
