#!/usr/bin/env bash
# Brings countries_metadata to the content of populate-countries.sql, which lies beside this script. Safe to run again.
. "$(dirname "${BASH_SOURCE[0]}")/connection.sh"

connect
wait_for_server
sql --single-transaction --file "$(dirname "${BASH_SOURCE[0]}")/populate-countries.sql" || fail "countries_metadata is unchanged: the reason stands above"
countries=$(sql --command 'SELECT count(*) FROM countries_metadata')
say "done: $countries countries in countries_metadata"
