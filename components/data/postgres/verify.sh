#!/usr/bin/env bash
# Proves the newest copy by restoring it: into a scratch server of this pod alone, with every error fatal, and by comparing
# the row count of each table with the one taken at the dump. Only then does the copy become a verified one.
. /scripts/copy.sh
. /scripts/load.sh

take_over
whole_copy

export PGHOST=/scratch PGUSER=postgres PGDATA=/scratch/data
unset PGPORT PGPASSFILE
initdb --auth=trust --username=postgres --no-sync >/scratch/initdb.log || fail "the scratch server could not be made: $(tail -n 3 /scratch/initdb.log)"
# The whole restore is one transaction: it writes no log of what it loads, and each of its tables, indexes and sequences holds a lock.
cat >>/scratch/data/postgresql.conf <<'CONF'
listen_addresses = ''
unix_socket_directories = '/scratch'
max_connections = 5
max_locks_per_transaction = 8192
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
archive_mode = off
max_wal_size = 256MB
autovacuum = off
shared_buffers = 128MB
maintenance_work_mem = 256MB
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
CONF
pg_ctl --silent --wait --log=/scratch/server.log start \
  || fail "the scratch server did not start: $(tail -n 5 /scratch/server.log)"
trap 'pg_ctl --silent --mode=immediate stop || true' EXIT

# The role that initdb made is in the copy's globals too, so that one statement is left out.
gzip -dc "$copy/globals.sql.gz" | grep -v '^CREATE ROLE postgres;' | psql --no-psqlrc --quiet --output=/dev/null --set ON_ERROR_STOP=1 --dbname=postgres \
  || fail "$name: the roles do not restore"
createdb --template=template0 restored
load_copy restored

keep_copy "$tables tables restored with equal row counts"
