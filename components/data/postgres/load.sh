# Sourced by the scripts that restore a copy: $copy is its folder, and libpq's variables name the server.

# Ends the script where the files are not those of a whole dump.
whole_copy() {
  gzip --test "$copy"/*.gz || fail "$name: a compressed file is damaged"
  gzip -dc "$copy/dump.sql.gz" | tail -n 20 | grep -q '^-- PostgreSQL database dump complete' || fail "$name: the dump ends before its last line"
}

# Restores the dump into an empty database in one transaction, and compares each table with the row count taken at the dump.
load_copy() { # DATABASE
  gzip -dc "$copy/dump.sql.gz" | psql --no-psqlrc --quiet --output=/dev/null --set ON_ERROR_STOP=1 --single-transaction --dbname="$1" \
    || fail "$name: the dump does not restore"
  counts=$(psql --no-psqlrc --no-align --tuples-only --quiet --set ON_ERROR_STOP=1 --dbname="$1" --file=/scripts/row-counts.sql) \
    || fail "$name: the restored tables cannot be counted"
  diff "$copy/row-counts" - <<<"$counts" || fail "$name: the restored tables (>) differ from the database at the time of the dump (<)"
  tables=$(wc -l <<<"$counts")
}
