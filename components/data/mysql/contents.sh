# Sourced by the scripts that look into a database. Each function writes a file, and fails where a statement does.

list() { # FILE WHAT STATEMENT CLIENT...
  local file=$1 what=$2 statement=$3 names; shift 3
  names=$("$@" --execute "$statement") || fail "the $what cannot be listed: the reason stands above"
  LC_ALL=C sort <<<"$names" | sed '/^$/d' >"$file"
}

# One line a table: name|rows.
count_rows() { # FILE CLIENT...
  local file=$1 table rows; shift
  list "$file.names" tables "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE NOT IN ('VIEW', 'SYSTEM VIEW', 'SEQUENCE')" "$@"
  while IFS= read -r table; do
    rows=$("$@" --execute "SELECT COUNT(*) FROM \`${table//\`/\`\`}\`" </dev/null) || fail "the rows of table $table cannot be counted: the reason stands above"
    [[ $rows =~ ^[0-9]+$ ]] || fail "the rows of table $table cannot be counted: the answer is \"$rows\""
    printf '%s|%s\n' "$table" "$rows"
  done <"$file.names" >"$file"
  rm "$file.names"
}

# One line each for views, procedures, functions, triggers and events: kind|name.
list_objects() { # FILE CLIENT...
  local file=$1; shift
  list "$file" "views, routines, triggers and events" "
    SELECT CONCAT('view|', TABLE_NAME) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE();
    SELECT CONCAT(LOWER(ROUTINE_TYPE), '|', ROUTINE_NAME) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE();
    SELECT CONCAT('trigger|', TRIGGER_NAME) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE();
    SELECT CONCAT('event|', EVENT_NAME) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()" "$@"
}
